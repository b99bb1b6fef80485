/** Expressions of workflows. */
import { data, Evaluator, Lexer, Parser } from "@actions/expressions"

export interface Scope {
  /** Contexts by name, such as `github`. */
  readonly values: Readonly<Record<string, unknown>>
  /** Functions of status by name, such as `cancelled`. */
  readonly status: Readonly<Record<string, () => boolean>>
}

const evaluate = (text: string, { status, values }: Scope) => {
  const functions = Object.entries(status).map(([name, holds]) => ({
    name,
    minArgs: 0,
    maxArgs: 0,
    call: () => new data.BooleanData(holds())
  }))
  const parsed = new Parser(new Lexer(text).lex().tokens, Object.keys(values), functions).parse()
  const context: data.Dictionary = JSON.parse(JSON.stringify(values), data.reviver)
  return new Evaluator(parsed, context, new Map(functions.map((one) => [one.name, one]))).evaluate()
}

/** Returns a text with the values of the expressions in it. */
export const interpolate = (text: unknown, scope: Scope): string =>
  String(text ?? "").replaceAll(/\$\{\{(.*?)\}\}/g, (_, expression: string) =>
    evaluate(expression, scope).coerceString()
  )

/** Returns true if a condition holds. One without a function of status also needs success. */
export const holds = (condition: unknown, scope: Scope): boolean => {
  const text = String(condition ?? "success()").replace(/^\s*\$\{\{(.*)\}\}\s*$/s, "$1")
  const hasStatus = /\b(?:always|cancelled|failure|success)\(\)/.test(text)
  return evaluate(`!!(${hasStatus ? text : `success() && (${text})`})`, scope).coerceString() === "true"
}
