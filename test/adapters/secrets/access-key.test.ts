import { describe, expect, it } from '@jest/globals';
import { readAccessKey } from '../../../adapters/secrets/access-key.js';

const ID = 'AKIAIOSFODNN7EXAMPLE';
const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const KEY = { accessKeyId: ID, secretAccessKey: SECRET };

describe('An access key in a secret', () => {
  it.each([
    ['as other tools keep it', { access_key_id: ID, secret_access_key: SECRET }, KEY],
    ['as the SDK spells it', { accessKeyId: ID, secretAccessKey: SECRET }, KEY],
    [
      'with a token',
      { access_key_id: ID, secret_access_key: SECRET, session_token: 'T0' },
      { ...KEY, sessionToken: 'T0' },
    ],
    ['with a token in the other spelling', { ...KEY, sessionToken: 'T0' }, { ...KEY, sessionToken: 'T0' }],
    ['with a token that is none', { ...KEY, sessionToken: '' }, KEY],
    ['with null as token', { ...KEY, sessionToken: null }, KEY],
    ['beside what is not ours', { ...KEY, region: 'cn-north-1' }, KEY],
    [
      'of a server that has short ones',
      { access_key_id: 'minio', secret_access_key: 'minio123' },
      { accessKeyId: 'minio', secretAccessKey: 'minio123' },
    ],
  ])('is read %s', (_, secret, expected) => {
    expect(readAccessKey(JSON.stringify(secret))).toEqual(expected);
  });

  it.each([
    ['binary', undefined, 'it is binary'],
    ['no JSON', `${ID}:${SECRET}`, 'it is no JSON object'],
    ['a list', JSON.stringify([ID, SECRET]), 'it is no JSON object'],
    ['a text', JSON.stringify(SECRET), 'it is no JSON object'],
    ['the key as a field and its secret as the value', JSON.stringify({ [ID]: SECRET }), 'it has neither field'],
    ['only an id', JSON.stringify({ access_key_id: ID }), 'it has no secret_access_key'],
    ['only a secret', JSON.stringify({ secretAccessKey: SECRET }), 'it has no accessKeyId'],
    ['two spellings', JSON.stringify({ access_key_id: ID, secretAccessKey: SECRET }), 'it has no secret_access_key'],
    ['an id with a slash', JSON.stringify({ ...KEY, accessKeyId: `${ID}/x` }), 'its accessKeyId is no text'],
    [
      'a line end behind the secret',
      JSON.stringify({ ...KEY, secretAccessKey: `${SECRET}\n` }),
      'its secretAccessKey is no text',
    ],
    ['a number', JSON.stringify({ access_key_id: 17, secret_access_key: SECRET }), 'its access_key_id is no text'],
    ['an empty id', JSON.stringify({ ...KEY, accessKeyId: '' }), 'its accessKeyId is no text'],
    ['a token with a space', JSON.stringify({ ...KEY, sessionToken: 'a b' }), 'its sessionToken is no text'],
  ])('that is %s is told without any of it', (_, text, why) => {
    const words = readAccessKey(text);
    expect(words).toContain(why);
    expect(words).toContain('expected JSON {"access_key_id": "…", "secret_access_key": "…"}');
    for (const secret of [ID, SECRET]) expect(words).not.toContain(secret);
  });
});
