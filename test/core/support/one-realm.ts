import { types } from 'node:util';

/**
 * jest runs tests in a context of its own, where the errors of Node's modules (a connection that breaks) are no
 * `instanceof Error`. The SDK asks just that and then forgets what the error said; outside of jest it does not.
 */
const ordinary = Function.prototype[Symbol.hasInstance];
Object.defineProperty(Error, Symbol.hasInstance, {
  value(this: unknown, value: unknown) {
    return this === Error ? types.isNativeError(value) : ordinary.call(this as () => void, value);
  },
});
