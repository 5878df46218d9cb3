/** An element of a request body: its local name, its text (character data of this element only) and its child elements. */
export interface XmlElement {
  name: string;
  text: string;
  children: XmlElement[];
}

/**
 * Reads a small XML document. Strict, since it comes from strangers: no document type (so no entity bombs), five named entities
 * and character references, bounded depth, time linear in the length. Attributes are checked and dropped, namespaces cut off.
 * @returns the root element, or undefined where the text is not well-formed.
 */
export function readXml(document: string): XmlElement | undefined {
  // XML 1.0, 2.11: line ends are normalised before anything else; a real carriage return comes as `&#13;`.
  const text = document.replace(/^\ufeff/, '').replaceAll(/\r\n?/g, '\n');
  const top: XmlElement = { name: '', text: '', children: [] };
  const open: XmlElement[] = [top];
  let position = 0;
  while (position < text.length) {
    const current = open.at(-1) as XmlElement;
    if (text[position] !== '<') {
      const end = text.indexOf('<', position);
      const data = decodeEntities(text.slice(position, end < 0 ? text.length : end));
      if (data === undefined) return undefined;
      current.text += data;
      position = end < 0 ? text.length : end;
      continue;
    }
    const skipped = skipMisc(text, position);
    if (skipped !== undefined) {
      if (skipped.end < 0 || (skipped.cdata !== undefined && current === top)) return undefined;
      current.text += skipped.cdata ?? '';
      position = skipped.end;
      continue;
    }
    TAG.lastIndex = position;
    const tag = TAG.exec(text);
    if (!tag) return undefined;
    position = TAG.lastIndex;
    const [, closing, name = '', attributes = '', empty] = tag;
    const local = name.slice(name.indexOf(':') + 1);
    if (closing) {
      if (open.length === 1 || current.name !== local || attributes.trim() || empty) return undefined;
      open.pop();
      continue;
    }
    if (open.length > MAX_DEPTH || (current === top && top.children.length > 0)) return undefined;
    const child: XmlElement = { name: local, text: '', children: [] };
    current.children.push(child);
    if (!empty) open.push(child);
  }
  return open.length === 1 && top.text.trim() === '' ? top.children[0] : undefined;
}

/** The text of the first child of that name. */
export function childText(parent: XmlElement, name: string): string | undefined {
  return parent.children.find((child) => child.name === name)?.text;
}

const MAX_DEPTH = 32;
const NAME = '[A-Za-z_][\\w.:-]*';
const TAG = new RegExp(`<(/?)(${NAME})((?:\\s+${NAME}\\s*=\\s*(?:"[^"<]*"|'[^'<]*'))*)\\s*(/?)>`, 'y');
const NAMED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Comments, processing instructions and CDATA; `end` is -1 where one is not closed. */
function skipMisc(text: string, at: number): { end: number; cdata?: string } | undefined {
  const closing = (start: string, end: string) => {
    if (!text.startsWith(start, at)) return undefined;
    const found = text.indexOf(end, at + start.length);
    return found < 0 ? -1 : found + end.length;
  };
  const cdata = closing('<![CDATA[', ']]>');
  if (cdata !== undefined) return { end: cdata, cdata: text.slice(at + 9, cdata - 3) };
  const end = closing('<!--', '-->') ?? closing('<?', '?>');
  return end === undefined ? undefined : { end };
}

function decodeEntities(text: string): string | undefined {
  if (!text.includes('&')) return text;
  let broken = false;
  const decoded = text.replaceAll(/&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|([a-z]+));|&/g, (_, hex, decimal, name) => {
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    const character = name === undefined ? characterOf(code) : NAMED[name];
    broken ||= character === undefined;
    return character ?? '';
  });
  return broken ? undefined : decoded;
}

function characterOf(code: number): string | undefined {
  const isCharacter = code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) && code !== 0;
  return isCharacter ? String.fromCodePoint(code) : undefined;
}
