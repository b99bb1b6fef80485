/** Expressions of workflows: the part of the language that the workflows of this project use. */

export type Value = string | number | boolean | null | undefined | { readonly [name: string]: Value }

export interface Scope {
  readonly values: Readonly<Record<string, Value>>
  /** Functions by name, such as `cancelled`. */
  readonly functions: Readonly<Record<string, (...args: ReadonlyArray<Value>) => Value>>
}

const tokens = /\s*('(?:[^']|'')*'|\d+|&&|\|\||==|!=|[!().,]|[\w-]+)/y

const tokensOf = (text: string): ReadonlyArray<string> => {
  const found: Array<string> = []
  tokens.lastIndex = 0
  for (let end = 0; text.slice(end).trim() !== ""; end = tokens.lastIndex) {
    tokens.lastIndex = end
    const [, token] = tokens.exec(text) ?? []
    if (token === undefined) throw new Error(`cannot read "${text.slice(end)}" in the expression "${text}"`)
    found.push(token)
  }
  return found
}

const isTrue = (value: Value): boolean =>
  !(value === null || value === undefined || value === "" || value === 0 || value === false)

/** Returns a value as text, as it is put into a string. */
export const textOf = (value: Value): string => {
  if (typeof value === "object" && value !== null) throw new Error("an object is no text")
  return value === null || value === undefined ? "" : String(value)
}

const format = (template: Value, ...args: ReadonlyArray<Value>): string =>
  textOf(template).replaceAll(/\{(\d+)\}/g, (_, at: string) => textOf(args[Number(at)]))

/** Returns the value of an expression without its braces. */
export const evaluate = (text: string, { functions, values }: Scope): Value => {
  const rest = [...tokensOf(text)]
  const takes = (token: string) => rest[0] === token && rest.shift() !== undefined
  const must = (token: string) => {
    if (!takes(token)) throw new Error(`expected ${token} before "${rest.join(" ")}" in "${text}"`)
  }
  const primary = (): Value => {
    if (takes("!")) return !isTrue(primary())
    if (takes("(")) {
      const value = or()
      must(")")
      return value
    }
    const token = rest.shift() ?? ""
    if (token.startsWith("'")) return token.slice(1, -1).replaceAll("''", "'")
    if (/^\d+$/.test(token)) return Number(token)
    if (token === "true" || token === "false") return token === "true"
    if (takes("(")) {
      const args: Array<Value> = []
      while (!takes(")")) {
        args.push(or())
        takes(",")
      }
      const called = token === "format" ? format : functions[token]
      if (called === undefined) throw new Error(`unknown function ${token} in "${text}"`)
      return called(...args)
    }
    if (!(token in values)) throw new Error(`unknown context ${token} in "${text}"`)
    let value = values[token]
    while (takes(".")) {
      const name = rest.shift() ?? ""
      value = typeof value === "object" && value !== null ? value[name] : undefined
    }
    return value
  }
  const equal = (): Value => {
    const left = primary()
    // a missing value equals empty text
    if (takes("==")) return textOf(left) === textOf(primary())
    if (takes("!=")) return textOf(left) !== textOf(primary())
    return left
  }
  const and = (): Value => {
    let left = equal()
    while (takes("&&")) {
      const right = equal()
      left = isTrue(left) ? right : left
    }
    return left
  }
  const or = (): Value => {
    let left = and()
    while (takes("||")) {
      const right = and()
      left = isTrue(left) ? left : right
    }
    return left
  }
  const value = or()
  if (rest.length > 0) throw new Error(`unexpected "${rest.join(" ")}" in "${text}"`)
  return value
}

/** Returns a text with the values of the expressions in it. */
export const interpolate = (text: unknown, scope: Scope): string =>
  textOf(typeof text === "string" || typeof text === "boolean" || typeof text === "number" ? text : "").replaceAll(
    /\$\{\{(.*?)\}\}/g,
    (_, expression: string) => textOf(evaluate(expression, scope))
  )

/** Returns true if a condition holds. One without a function of status also needs success. */
export const holds = (condition: unknown, scope: Scope): boolean => {
  const text = String(condition ?? "success()").replace(/^\s*\$\{\{(.*)\}\}\s*$/s, "$1")
  const hasStatus = /\b(?:always|cancelled|failure|success)\(\)/.test(text)
  return isTrue(evaluate(hasStatus ? text : `success() && (${text})`, scope))
}
