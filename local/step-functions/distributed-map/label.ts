import type { Fields } from '../definition/fields.js';

/** `Label`, which names a Map Run's children and ARNs: 1 to 40 characters of what a name may hold. */
export function labelOf(fields: Fields): string | undefined {
  const label = fields.string('Label');
  if (label === undefined) return undefined;
  if (label === '') fields.invalid('Label cannot be empty', 'Label');
  else if (label.length > 40) fields.invalid('Label cannot exceed 40 characters', 'Label');
  // oxlint-disable-next-line no-control-regex -- control characters are what AWS refuses
  const forbidden = /[\s?*<>{}[\]:;,\\|^~$#%&`"/\u0000-\u001f\u007f-\u009f]/u.exec(label);
  if (forbidden) fields.invalid(`Label contains invalid character: '${forbidden[0]}'`, 'Label');
  return label;
}
