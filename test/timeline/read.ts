/** Reading a timeline back from its SVG. */
import { type Element, elementsOf, parseXml } from "../diagram/xml.ts"

interface Box {
  readonly what: string
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

const numberOf = ({ attributes }: Element, key: string): number => Number(attributes.get(key) ?? 0)

const ofClass = (elements: ReadonlyArray<Element>, name: string) =>
  elements.filter(({ attributes }) => attributes.get("class") === name)

const titleOf = ({ children }: Element): ReadonlyArray<string> =>
  children.find(({ name }) => name === "title")?.text.split("\n") ?? []

/** The advance widths of Helvetica, as far as they are told apart: the least that any text of a picture takes. */
const emsOf = (character: string): number => {
  if (/[ijl.,:;'|!]/.test(character)) return 0.25
  if (/[a-z0-9]/.test(character)) return /[mw]/.test(character) ? 0.78 : 0.53
  if (/[A-Z]/.test(character)) return character === "W" ? 0.94 : 0.68
  return /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}/u.test(character) ? 1 : 0.3
}

const boxOf = (element: Element): Box => {
  const [x, y] = [numberOf(element, "x"), numberOf(element, "y")]
  if (element.name === "rect") {
    const [width, height] = [numberOf(element, "width"), numberOf(element, "height")]
    return { what: "bar", left: x, right: x + width, top: y, bottom: y + height }
  }
  const size = 12
  const width = [...element.text].reduce((sum, character) => sum + emsOf(character) * size, 0)
  const anchor = element.attributes.get("text-anchor")
  const left = anchor === "end" ? x - width : anchor === "middle" ? x - width / 2 : x
  return { what: element.text, left, right: left + width, top: y - size * 0.7, bottom: y }
}

const overlap = (a: Box, b: Box): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom

const pairsOf = (boxes: ReadonlyArray<Box>): ReadonlyArray<readonly [string, string]> =>
  boxes.flatMap((a, index) =>
    boxes
      .slice(index + 1)
      .filter((b) => overlap(a, b))
      .map((b) => [a.what, b.what] as const)
  )

const readLane = (lane: Element) => {
  const textOf = (kind: string) => ofClass(lane.children, kind)[0]?.text
  return {
    label: textOf("label") ?? "",
    duration: textOf("duration"),
    notes: textOf("notes"),
    title: titleOf(lane),
    bars: ofClass(lane.children, "bar").map((bar) => ({
      ...boxOf(bar),
      kind: /^url\(#timeline-(\w+)\)$/.exec(bar.attributes.get("fill")!)![1],
      title: titleOf(bar)
    })),
    marks: ofClass(lane.children, "mark").flatMap(titleOf),
    isOpen: ofClass(lane.children, "open").length > 0
  }
}

/** What an SVG of a timeline shows. */
export const readTimeline = (source: string) => {
  const root = parseXml(source)
  const [width, height] = [numberOf(root, "width"), numberOf(root, "height")]
  const elements = elementsOf(root)
  const lanes = ofClass(elements, "lane")
  const axis = ofClass(elements, "axis")[0]!
  const texts = elements.filter(({ name }) => name === "text")
  const boxes = [...texts, ...lanes.flatMap(({ children }) => ofClass(children, "bar"))].map(boxOf)
  return {
    width,
    lanes: lanes.map(readLane),
    ticks: axis.children
      .filter(({ attributes, name }) => name === "text" && attributes.get("text-anchor") === "middle")
      .map((tick) => ({ label: tick.text, x: numberOf(tick, "x") })),
    legend: elementsOf(ofClass(elements, "legend")[0]!).flatMap(({ name, text }) => (name === "text" ? [text] : [])),
    overlaps: pairsOf(boxes),
    outside: boxes.filter(({ bottom, left, right, top }) => left < 0 || top < 0 || right > width || bottom > height)
  }
}
