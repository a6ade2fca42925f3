/** A reader of XML that is strict about what SVG consists of: elements, attributes, text and entities. */

export interface Element {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: ReadonlyArray<Element>
  /** The text right within it. */
  readonly text: string
}

interface Open {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: Array<Element>
  text: string
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" }

const decode = (text: string): string =>
  text.replace(/&(?:#x(?<hex>[0-9a-f]+)|#(?<decimal>\d+)|(?<name>\w+))?(?<end>;?)/gi, (all, ...rest) => {
    const { decimal, end, hex, name } = rest.at(-1) as Record<string, string | undefined>
    const known = name === undefined ? undefined : entities[name]
    if (end !== ";" || (known === undefined && !hex && !decimal)) throw new Error(`no entity: ${all}`)
    return known ?? String.fromCodePoint(hex ? Number.parseInt(hex, 16) : Number(decimal))
  })

const attributesOf = (text: string): ReadonlyMap<string, string> => {
  const attributes = new Map<string, string>()
  const rest = text.replace(/\s+(?<key>[\w:-]+)="(?<value>[^"<]*)"/g, (_, key, value) => {
    if (attributes.has(key)) throw new Error(`twice: ${key}`)
    attributes.set(key, decode(value))
    return ""
  })
  if (rest.trim() !== "") throw new Error(`no attributes: ${text}`)
  return attributes
}

const tokens =
  /<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>]*>|<\/(?<close>[\w:]+)\s*>|<(?<open>[\w:]+)(?<attributes>(?:\s+[\w:-]+="[^"<]*")*)\s*(?<empty>\/?)>|(?<text>[^<]+)|(?<wrong><)/gs

/** Parses a document, and throws where it is not well-formed. */
export const parseXml = (source: string): Element => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what no document may hold.
  const illegal = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|\p{Cs}/u.exec(source)
  if (illegal !== null) throw new Error(`illegal character at ${illegal.index}`)
  const document: Open = { name: "", attributes: new Map(), children: [], text: "" }
  const stack = [document]
  for (const { groups = {}, index } of source.matchAll(tokens)) {
    const top = stack.at(-1)!
    if (groups.wrong !== undefined) throw new Error(`not well-formed: ${source.slice(index, index + 80)}`)
    if (groups.text !== undefined) top.text += decode(groups.text)
    if (groups.close !== undefined) {
      if (top.name !== groups.close) throw new Error(`${top.name} is closed by ${groups.close}`)
      stack.pop()
    }
    if (groups.open !== undefined) {
      const element: Open = { name: groups.open, attributes: attributesOf(groups.attributes!), children: [], text: "" }
      top.children.push(element)
      if (groups.empty === "") stack.push(element)
    }
  }
  const [root] = document.children
  if (stack.length > 1 || document.children.length !== 1 || document.text.trim() !== "" || root === undefined)
    throw new Error("not one element that is closed")
  return root
}

/** An element and everything within it. */
export const elementsOf = (element: Element): ReadonlyArray<Element> => [
  element,
  ...element.children.flatMap(elementsOf)
]
