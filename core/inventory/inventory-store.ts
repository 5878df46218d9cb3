import type { ReachedAddress } from '../../contracts/side.js';
import type { FileStore, Ports } from '../ports.js';

/** Where the files of an inventory are read: manifests of our own lie in the work bucket. */
export function inventoryStore(ports: Pick<Ports, 'inventory' | 'work'>, at: ReachedAddress): FileStore {
  return at.bucket === ports.work.bucket ? ports.work : ports.inventory(at);
}
