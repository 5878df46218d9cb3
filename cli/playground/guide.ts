import type { Playground } from './playground.js';

export interface Step {
  title: string;
  commands: string[];
}

/** How to point clients at a playground, and what to try first; for the page and for the terminal. */
export function guide({ engine, pipeline }: Pick<Playground, 'engine' | 'pipeline'>): Step[] {
  const { endpoint, region, credentials } = engine;
  return [
    {
      title: 'Point clients at it: the aws command, SDKs, and the commands of s3-backfill',
      commands: [
        `export AWS_ENDPOINT_URL=${endpoint} AWS_REGION=${region} AWS_DEFAULT_REGION=${region}`,
        `export AWS_ACCESS_KEY_ID=${credentials.accessKeyId} AWS_SECRET_ACCESS_KEY=${credentials.secretAccessKey}`,
      ],
    },
    {
      title: 'An aws command that does not know AWS_ENDPOINT_URL takes the endpoint as an option',
      commands: [`aws --endpoint-url ${endpoint} s3 ls`],
    },
    {
      title: 'Fill the source, and have its inventory delivered',
      commands: ['aws s3 sync . s3://demo-source', `curl -X POST ${endpoint}/.engine/inventory`],
    },
    {
      title: 'See that nothing is in the way, and that the pair works',
      commands: [`npx s3-backfill doctor --pair ${pipeline.pair}`, `npx s3-backfill selftest --pair ${pipeline.pair}`],
    },
    {
      title: 'Run a backfill: of all that the pair is, or of what a request says',
      commands: [
        `npx s3-backfill start --pair ${pipeline.pair} --name first-try --watch`,
        `curl -o request.json ${endpoint}/.engine/request.json`,
        `npx s3-backfill start --pair ${pipeline.pair} --input request.json --name second-try --watch`,
      ],
    },
    {
      title: 'Lose what was copied, and bring it back: a dry run first, then the question',
      commands: ['aws s3 rm --recursive s3://demo-source', `npx s3-backfill restore --pair ${pipeline.pair}`],
    },
    {
      title: 'Look at it',
      commands: [
        `npx s3-backfill runs --pair ${pipeline.pair}`,
        `npx s3-backfill report first-try --pair ${pipeline.pair} --download report`,
        `npx s3-backfill failures first-try --pair ${pipeline.pair}`,
        `aws stepfunctions list-executions --state-machine-arn ${pipeline.stateMachineArn}`,
        `aws dynamodb scan --table-name ${pipeline.failureTable}`,
      ],
    },
    {
      title: 'rclone',
      commands: [
        `export RCLONE_CONFIG_ENGINE_TYPE=s3 RCLONE_CONFIG_ENGINE_PROVIDER=Other RCLONE_CONFIG_ENGINE_ENDPOINT=${endpoint} RCLONE_CONFIG_ENGINE_REGION=${region} RCLONE_CONFIG_ENGINE_ACCESS_KEY_ID=${credentials.accessKeyId} RCLONE_CONFIG_ENGINE_SECRET_ACCESS_KEY=${credentials.secretAccessKey}`,
        'rclone check engine:demo-source engine:demo-destination',
      ],
    },
  ];
}
