import type { StateSource } from '../definition/state-fields.js';

const longest = 40;

/** `Label`, which names a Map Run's children and ARNs: 1 to 40 characters of what a name may hold, once in a machine. */
export function labelOf({ fields, labels, newLabel }: StateSource): string {
  const label = fields.string('Label');
  if (label === undefined) return newLabel();
  const { diagnostics } = fields.scope;
  const invalid = (problem: string) =>
    diagnostics.add('INVALID_LABEL_NAME', `Invalid Label name: ${problem}`, fields.at('Label'));
  if (label === '') invalid('Label cannot be empty');
  if (label.length > longest) {
    invalid(`Label '${label}' exceeds the ${longest}-character limit allowed by the service`);
  }
  // oxlint-disable-next-line no-control-regex -- control characters are what AWS refuses
  const forbidden = /[\s?*<>{}[\]:;,\\|^~$#%&`"/\u0000-\u001f\u007f-\u009f]/u.exec(label);
  if (forbidden) invalid(`Label contains invalid character: '${forbidden[0]}'`);
  if (labels.has(label)) {
    diagnostics.add('DUPLICATE_LABEL_NAME', `Duplicate Label name: ${label}`, fields.at('Label'));
  }
  labels.add(label);
  return label;
}
