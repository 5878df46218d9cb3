import { PassThrough } from 'node:stream';
import { printer } from '../../cli/print/printer.js';
import { createProgram } from '../../cli/program.js';

const INTRODUCTION = `# The command line

\`npx s3-backfill <command>\` in a clone. This page is what \`--help\` prints; \`npm run docs\` writes it.

\`start\`, \`stop\`, \`restore\`, \`watch\`, \`history\`, \`failures\`, \`report\`, \`runs\`, \`reconciliations\`, \`doctor\` and \`selftest\` are about a pair that is deployed, on AWS or on \`s3-backfill local\`: the same calls through the same SDK. Region, profile and credentials are found as the \`aws\` command finds them. \`history\`, \`failures\`, \`report\` and \`runs\` without a pair read what \`run\` and \`demo\` left in \`./s3-backfill-runs\`.

Errors are one line on stderr. Keys and messages are printed with control and bidirectional characters shown as \`\\u{1b}\`; \`--json\` has them as JSON escapes, so that it reads back exactly.`;

/** docs/cli.md: what each command's `--help` prints. */
export function cliPage(): string {
  const stream = new PassThrough();
  const program = createProgram({
    stdin: stream,
    stdout: printer(stream),
    stderr: printer(stream),
    env: {},
    folder: '.',
    useProfile: () => undefined,
    interrupts: () => new AbortController().signal,
    exitCode: 0,
  });
  const help = (print: () => void) => {
    print();
    return String(stream.read()).trim();
  };
  const sections = program.commands.map(
    (command) => `## ${command.name()}\n\n\`\`\`\n${help(() => command.outputHelp())}\n\`\`\``,
  );
  return `${[INTRODUCTION, `\`\`\`\n${help(() => program.outputHelp())}\n\`\`\``, ...sections].join('\n\n')}\n`;
}
