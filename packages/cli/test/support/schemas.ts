/** Whether an output of the command line is a document that its JSON Schema allows. */
import { Ajv } from "ajv"
import { type Document, documents } from "../../schemas.ts"

const ajv = new Ajv({ strict: false, allErrors: false })
const validators = Object.fromEntries(Object.entries(documents).map(([name, schema]) => [name, ajv.compile(schema)]))

/** Returns the first fault of a value as such a document. */
export const faultOf = (name: Document, value: unknown): string | undefined => {
  const validate = validators[name]
  return validate?.(value) === true ? undefined : ajv.errorsText(validate?.errors)
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const formats: Readonly<Record<string, Document>> = {
  "checkpoint-permissions/matrix": "audit",
  "checkpoint-permissions/doctor": "doctor",
  "checkpoint-permissions/drift": "drift",
  "checkpoint-permissions/history": "history",
  "checkpoint-permissions/inventory": "inventory",
  "checkpoint-permissions/plan": "plan"
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null

const kindOf = (value: unknown): Document | undefined => {
  if (!isRecord(value)) return undefined
  if (typeof value["format"] === "string" && value["format"].startsWith("checkpoint-permissions/")) {
    const document = formats[value["format"]]
    if (document === undefined) throw new Error(`no schema for ${value["format"]}`)
    return document
  }
  if ("outcome" in value && "event" in value) return "journal"
  return "_tag" in value ? "step" : undefined
}

/** Throws if an output is a document, or lines of documents, that its schema does not allow. */
export const holdAgainstSchemas = (output: string): void => {
  const whole = parsed(output)
  const values = whole === undefined ? output.split("\n").map(parsed) : [whole]
  for (const value of values) {
    const name = kindOf(value)
    const fault = name === undefined ? undefined : faultOf(name, value)
    if (fault !== undefined) throw new Error(`no ${name}: ${fault}\n${JSON.stringify(value).slice(0, 2000)}`)
  }
}
