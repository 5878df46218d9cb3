import { startEngine } from '../../local/engine.js';
import type { Visit, VisitAnswer } from '../../local/doors/visitor-door.js';
import { deployPipeline } from '../../local/pipeline.js';
import { playgroundPage } from './page.js';
import { endTrouble, plantTrouble } from './trouble.js';
import { bounds, BUCKETS, CONFIGURATION, playgroundRequest, type Playground } from './playground.js';

/** Throws PortUnavailable. */
export async function openPlayground(port: number): Promise<Playground> {
  let opened: Playground | undefined;
  const engine = await startEngine({ port, visitors: (visit) => answerVisit(visit, opened) });
  try {
    const pipeline = await deployPipeline(engine, { pair: 'demo', bounds });
    for (const bucket of Object.values(BUCKETS)) engine.s3.createBucket(bucket);
    opened = { engine, pipeline };
    return opened;
  } catch (error) {
    await engine.close();
    throw error;
  }
}

async function answerVisit({ method, path }: Visit, playground: Playground | undefined): Promise<VisitAnswer> {
  if (!playground) return say(503, 'The engine is starting.');
  if (path === '/')
    return { status: 200, contentType: 'text/html; charset=utf-8', body: await playgroundPage(playground) };
  if (path === 'request.json')
    return { status: 200, contentType: 'application/json', body: `${JSON.stringify(playgroundRequest, null, 2)}\n` };
  if (path === 'inventory' && method === 'POST') return say(200, deliverInventory(playground));
  if (path === 'inventory') return say(405, 'Expected POST: it delivers an inventory.');
  if (path === 'trouble' && method === 'POST') return say(200, plantTrouble(playground));
  if (path === 'trouble' && method === 'DELETE') return say(200, endTrouble(playground));
  if (path === 'trouble') return say(405, 'Expected POST or DELETE: it plants failures to look at, and ends them.');
  return say(404, 'Expected /, /.engine/request.json, /.engine/inventory or /.engine/trouble.');
}

/** S3 delivers once a day; here it is asked to. Answers the manifest's address. */
function deliverInventory({ engine }: Playground): string {
  const { manifestKey } = engine.s3.deliverInventory({
    bucket: BUCKETS.source,
    destinationBucket: BUCKETS.inventory,
    configId: CONFIGURATION,
    files: 4,
  });
  return `s3://${BUCKETS.inventory}/${manifestKey}`;
}

function say(status: number, text: string): VisitAnswer {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${text}\n` };
}
