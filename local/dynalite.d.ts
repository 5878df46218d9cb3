declare module 'dynalite' {
  import type { Server } from 'node:http';

  export interface DynaliteOptions {
    /** How long a table stays CREATING, ms; 500 by default. */
    createTableMs?: number;
    deleteTableMs?: number;
    updateTableMs?: number;
    /** Where the store lies on disk; in memory by default. */
    path?: string;
  }

  /** A server that does not listen yet; its `request` listeners answer. */
  export default function dynalite(options?: DynaliteOptions): Server;
}
