#!/usr/bin/env node
// The sources are TypeScript, which Node 20 does not run by itself.
import { register } from 'tsx/esm/api';

register();
await import('../cli/main.ts');
