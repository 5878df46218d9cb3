/** Text as it may stand in an XML element. What XML 1.0 cannot hold is written as a character reference, as S3 does. */
export function escapeXml(text: string): string {
  return SPECIAL.test(text)
    ? text.replaceAll(
        EVERY_SPECIAL,
        (character) => ENTITIES[character] ?? `&#x${character.charCodeAt(0).toString(16)};`,
      )
    : text;
}

/** `<name>text</name>`, the text escaped; nothing where there is no text to write. */
export function element(name: string, text: string | number | boolean | undefined): string {
  return text === undefined ? '' : `<${name}>${typeof text === 'string' ? escapeXml(text) : text}</${name}>`;
}

/** The first line of every XML answer. */
export const XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\r': '&#13;' };
// oxlint-disable-next-line no-control-regex -- control characters are what has to be escaped
const SPECIAL = /[&<>"\u0000-\u0008\u000b-\u001f\ufffe\uffff]/;
const EVERY_SPECIAL = new RegExp(SPECIAL.source, 'g');
