/** Elements, and untrusted text in them. Nothing here makes markup of text. */
import type { Item } from "../model/audit.ts"
import { codePoints, idParts, type Part, textParts } from "../model/text.ts"

/** The element of the markup with that id. */
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

/** A name or a message: it cannot turn its surroundings around, and what cannot be seen is spelt out. */
export const untrusted = (text: string, className = ""): HTMLElement => isolated(className, textParts(text))

/** An id, in which what is outside ASCII is marked too. */
export const identifier = (id: string, className = "id"): HTMLElement => {
  const element = isolated(className, idParts(id))
  const points = codePoints(id)
  if (points !== "") element.title = `not ASCII: ${points}`
  return element
}

const labels = new WeakMap<Item, HTMLElement>()

/** The name, if there is one, and the id. It is made once and copied, since it may stand in thousands of places. */
export const labelOf = (item: Item): Node => {
  const { id, name } = item
  const label =
    labels.get(item) ??
    make("span", "label", name === "" ? [identifier(id)] : [untrusted(name, "name"), " ", identifier(id)])
  labels.set(item, label)
  return label.cloneNode(true)
}
