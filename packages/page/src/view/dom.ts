/** Elements with untrusted text. Text never becomes markup. */
import type { Item } from "../model/audit.ts"
import { codePoints, idParts, type Part, textParts } from "../model/text.ts"

/** Returns the element with that id. */
export const get = <T extends HTMLElement>(id: string, type: new () => T): T => {
  const element = document.getElementById(id)
  if (!(element instanceof type)) throw new Error(`no #${id}`)
  return element
}

export const make = <K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = "",
  children: ReadonlyArray<Node | string> = [],
  role = ""
): HTMLElementTagNameMap[K] => {
  const element = document.createElement(tag)
  if (className !== "") element.className = className
  if (role !== "") element.setAttribute("role", role)
  element.append(...children)
  return element
}

const isolated = (className: string, parts: ReadonlyArray<Part>): HTMLElement =>
  make(
    "bdi",
    className,
    parts.map(({ kind, text }) => (kind === "plain" ? text : make("span", kind, [text])))
  )

/** Makes an element for a name or message: direction isolated, invisible characters escaped. */
export const untrusted = (text: string, className = ""): HTMLElement => isolated(className, textParts(text))

/** Makes an element for an id, with characters outside ASCII marked. */
export const identifier = (id: string, className = "id"): HTMLElement => {
  const element = isolated(className, idParts(id))
  const points = codePoints(id)
  if (points !== "") element.title = `not ASCII: ${points}`
  return element
}

const labels = new WeakMap<Item, HTMLElement>()

/** Returns the name, if any, and the id. Made once and copied, since a page may have it thousands of times. */
export const labelOf = (item: Item): Node => {
  const { id, name } = item
  const label =
    labels.get(item) ??
    make("span", "label", name === "" ? [identifier(id)] : [untrusted(name, "name"), " ", identifier(id)])
  labels.set(item, label)
  return label.cloneNode(true)
}
