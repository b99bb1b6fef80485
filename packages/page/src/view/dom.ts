/** Elements with untrusted text. Text never becomes markup. */
import type { Item } from "../model/audit.ts"
import { codePoints, partsOf } from "../model/text.ts"

export const get = <T extends HTMLElement>(id: string, type: new () => T): T => {
  const element = document.getElementById(id)
  if (!(element instanceof type)) throw new Error(`no #${id}`)
  return element
}

/** Children of an element, in order. */
export type Children = ReadonlyArray<Node | string>

export const make = <K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = "",
  children: Children = [],
  role = ""
): HTMLElementTagNameMap[K] => {
  const element = document.createElement(tag)
  if (className !== "") element.className = className
  if (role !== "") element.setAttribute("role", role)
  element.append(...children)
  return element
}

/** Makes an element for a name or message, with isolated text direction and escaped invisible characters. */
export const untrusted = (text: string, className = "", isId = false): HTMLElement =>
  make(
    "bdi",
    className,
    partsOf(text, isId).map(({ kind, text }) => (kind === "plain" ? text : make("span", kind, [text])))
  )

export const identifier = (id: string, className = "id"): HTMLElement => {
  const element = untrusted(id, className, true)
  const points = codePoints(id)
  if (points !== "") element.title = `not ASCII: ${points}`
  return element
}

/** Makes an element for an item: its name, if any, and its id. */
export const labelOf = ({ id, name }: Item): HTMLElement =>
  make("span", "label", name === "" ? [identifier(id)] : [untrusted(name, "name"), " ", identifier(id)])
