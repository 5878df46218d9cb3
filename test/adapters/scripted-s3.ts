import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll } from '@jest/globals';
import type { Connection } from '../../adapters/connection.js';
import { createS3Client } from '../../adapters/s3/client.js';

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** A server that answers what S3 may and the embedded one does not: cut off, empty, odd. */
export interface ScriptedS3 {
  /** Where it is; it takes any Region. */
  connection: Connection;
  client: S3Client;
  /** How each request is answered from now on. */
  answer(answer: Answer): void;
}

export function useAnswers(): () => ScriptedS3 {
  let answer: Answer = (response) => response.writeHead(501).end();
  let server: Server | undefined;
  let scripted: ScriptedS3 | undefined;
  beforeAll(async () => {
    const listening = createServer((request, response) => {
      request.resume();
      answer(response, request);
    });
    await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
    server = listening;
    const endpoint = `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
    const credentials = { accessKeyId: 'test-key', secretAccessKey: 'test-secret' };
    const connection = { endpoint, region: 'eu-central-1', credentials };
    const client = createS3Client(connection, 1);
    scripted = { connection, client, answer: (next) => void (answer = next) };
  });
  afterAll(() => {
    scripted?.client.destroy();
    server?.closeAllConnections();
    server?.close();
  });
  return () => {
    if (!scripted) throw new Error('The server runs between beforeAll and afterAll; use it inside a test.');
    return scripted;
  };
}
