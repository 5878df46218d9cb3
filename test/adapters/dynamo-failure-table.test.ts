import { useStorage } from '../core/support/storage.js';
import { failureTableContract } from './failure-table.contract.js';

const storage = useStorage();

failureTableContract('DynamoDB', () => storage().ports.failures);
