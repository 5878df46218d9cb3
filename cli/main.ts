import { runProgram } from './program.js';
import { processTerminal } from './terminal.js';

// Node 20 is supported here until the SDK drops it; its warning would stand in the middle of every output.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

const code = await runProgram(process.argv.slice(2), processTerminal());
if (code !== 0) process.exitCode = code;
