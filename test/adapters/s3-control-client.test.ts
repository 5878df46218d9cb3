import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ListJobsCommand } from '@aws-sdk/client-s3-control';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createS3ControlClient } from '../../adapters/s3/s3-control-client.js';

const server = createServer((request, response) => {
  came = request.headers;
  response.writeHead(200, { 'content-type': 'application/xml' }).end('<ListJobsResult/>');
});
let came: Record<string, unknown> = {};
let port = 0;

beforeAll(async () => {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
afterEach(() => {
  delete process.env['AWS_ENDPOINT_URL'];
  came = {};
});

const settings = { region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };
const list = async (endpoint?: string) => {
  const client = createS3ControlClient({ ...settings, endpoint }, 1);
  await client.send(new ListJobsCommand({ AccountId: '123456789012' })).finally(() => client.destroy());
};

describe('A client of S3 Control', () => {
  it('finds an address of digits, with the account in a header', async () => {
    await list(`http://127.0.0.1:${port}`);
    expect(came).toMatchObject({ host: `127.0.0.1:${port}`, 'x-amz-account-id': '123456789012' });
  });

  it('finds one that the environment names', async () => {
    process.env['AWS_ENDPOINT_URL'] = `http://127.0.0.1:${port}`;
    await list();
    expect(came).toMatchObject({ host: `127.0.0.1:${port}` });
  });

  it('puts the account in front of a name, as AWS has it', () => {
    const client = createS3ControlClient(settings, 1);
    const { url } = client.config.endpointProvider({
      Endpoint: 'http://s3-control.test:4566',
      Region: 'us-east-1',
      AccountId: '123456789012',
      RequiresAccountId: true,
    });
    expect(url.host).toBe('123456789012.s3-control.test:4566');
    client.destroy();
  });
});
