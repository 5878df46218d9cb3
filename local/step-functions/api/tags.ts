import { limits } from '../limits.js';
import type { Machines } from './machines.js';
import type { Request } from './request.js';
import { ServiceError, validationException } from './service-error.js';

/** TagResource. */
export function tagResource(request: Request, machines: Machines): object {
  const tags = tagsOfResource(request, machines);
  for (const [key, value] of tagsOf(request, tags)) tags.set(key, value);
  return {};
}

/** UntagResource. */
export function untagResource(request: Request, machines: Machines): object {
  const tags = tagsOfResource(request, machines);
  const keys = request.get('tagKeys');
  if (!Array.isArray(keys))
    throw validationException(
      "1 validation error detected: Value null at 'tagKeys' failed to satisfy constraint: Member must not be null",
    );
  for (const key of keys) tags.delete(String(key));
  return {};
}

/** ListTagsForResource. */
export function listTagsForResource(request: Request, machines: Machines): object {
  return { tags: [...tagsOfResource(request, machines)].map(([key, value]) => ({ key, value })) };
}

/** The `tags` member of a call. @throws ServiceError TooManyTags with those that the resource already has. */
export function tagsOf(request: Request, existing: ReadonlyMap<string, string>): Map<string, string> {
  const given = request.get('tags') ?? [];
  if (!Array.isArray(given)) throw new ServiceError('SerializationException', "The member 'tags' must be a list.");
  const tags = new Map<string, string>();
  for (const tag of given as { key?: unknown; value?: unknown }[]) {
    if (typeof tag?.key !== 'string' || tag.key === '' || tag.key.length > 128) {
      throw validationException('Each tag must have a key of 1 to 128 characters');
    }
    if (tag.key.startsWith('aws:')) throw validationException("Tag keys that begin with 'aws:' are reserved");
    const value = tag.value ?? '';
    if (typeof value !== 'string' || value.length > 256)
      throw validationException('A tag value has at most 256 characters');
    tags.set(tag.key, value);
  }
  if (new Set([...existing.keys(), ...tags.keys()]).size > limits.tags) {
    throw new ServiceError('TooManyTags', `A resource can have at most ${limits.tags} tags`);
  }
  return tags;
}

function tagsOfResource(request: Request, machines: Machines): Map<string, string> {
  const arn = request.arn('resourceArn');
  const machine = machines.get(arn);
  if (!machine) throw new ServiceError('ResourceNotFound', `Resource not found: '${arn}'`);
  return machine.tags;
}
