import {
  DeleteBucketWebsiteCommand,
  GetBucketWebsiteCommand,
  PutBucketWebsiteCommand,
  type WebsiteConfiguration,
} from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { refusal, useS3 } from './support/server.js';

const server = useS3();
const Bucket = 'site';
beforeAll(() => server().s3.createBucket(Bucket));
const put = (configuration: WebsiteConfiguration) =>
  server().client.send(new PutBucketWebsiteCommand({ Bucket, WebsiteConfiguration: configuration }));
const get = () => server().client.send(new GetBucketWebsiteCommand({ Bucket }));

describe('A website configuration', () => {
  it('is kept as it was sent, until it is removed', async () => {
    expect(await refusal(get())).toMatchObject({ name: 'NoSuchWebsiteConfiguration', status: 404 });
    const configuration: WebsiteConfiguration = {
      IndexDocument: { Suffix: 'index.html' },
      ErrorDocument: { Key: 'lost.html' },
      RoutingRules: [{ Condition: { KeyPrefixEquals: 'old/' }, Redirect: { ReplaceKeyPrefixWith: 'new/' } }],
    };
    await put(configuration);
    expect(await get()).toMatchObject(configuration);
    await server().client.send(new DeleteBucketWebsiteCommand({ Bucket }));
    expect(await refusal(get())).toMatchObject({ name: 'NoSuchWebsiteConfiguration' });
  });

  it('that does not say where the website begins is refused', async () => {
    expect(await refusal(put({ ErrorDocument: { Key: 'lost.html' } }))).toMatchObject({ name: 'MalformedXML' });
    await put({ RedirectAllRequestsTo: { HostName: 'example.com' } });
  });
});
