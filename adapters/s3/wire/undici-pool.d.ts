/** undici's pool without the rest of undici, which is half of it and of no use here; the package has no other way to it. */
declare module 'undici/lib/dispatcher/pool.js' {
  import { Pool } from 'undici';
  export default Pool;
}
