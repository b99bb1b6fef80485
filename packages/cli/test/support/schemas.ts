/** The documents that the command line writes, as JSON Schemas, and whether an output is one of them. */
import {
  AccessDiff,
  AccessMatrix,
  AccessPlan,
  AccessStep,
  Drift,
  History,
  Inventory,
  Journal
} from "@checkpoint-permissions/access"
import { Ajv } from "ajv"
import { JSONSchema, Schema } from "effect"
import { nothing, numbers } from "../../src/internal/apply/tally.ts"
import { Line } from "../../src/internal/resume/resume.ts"

/** What a step's line shows of an error of the API. */
const shownError = {
  type: "object",
  required: ["_tag", "message"],
  properties: { _tag: { type: "string" }, message: { type: "string" } },
  additionalProperties: false
}

/** The last line of an apply. */
const Summary = Schema.TaggedStruct("Summary", {
  checkpoints: Schema.Int,
  ...Object.fromEntries(Object.keys(numbers(nothing)).map((name) => [name, Schema.Int] as const)),
  unread: Schema.Int,
  owners: Schema.optional(Schema.Literal("unknown"))
})

const stepLine = (): object =>
  JSON.parse(JSON.stringify(JSONSchema.make(Schema.Union(AccessStep.AccessStep, Summary))), (key, value: unknown) =>
    key === "error" ? shownError : value
  )

const shapes = {
  audit: ["An audit: who can use what", () => JSONSchema.make(AccessMatrix.AccessMatrix)],
  diff: [
    "What differs between two audits",
    () =>
      JSONSchema.make(
        Schema.Struct({ ...AccessDiff.AccessDiff.fields, isEmpty: Schema.Boolean, hasUnknown: Schema.Boolean })
      )
  ],
  drift: ["What drifted", () => JSONSchema.make(Drift.DriftDocument)],
  history: ["Who granted and revoked what", () => JSONSchema.make(History.History)],
  inventory: ["An inventory: which projects and checkpoints there are", () => JSONSchema.make(Inventory.Inventory)],
  journal: ["A line of a journal", () => JSONSchema.make(Journal.Entry)],
  plan: ["A plan", () => JSONSchema.make(AccessPlan.AccessPlan)],
  row: ["A line of the file of --resume", () => JSONSchema.make(Line)],
  step: ["A line of apply --json", stepLine]
} as const

export type Document = keyof typeof shapes

export const documents: Readonly<Record<string, object>> = Object.fromEntries(
  Object.entries(shapes).map(([name, [title, schema]]) => [name, { title, ...schema() }])
)

const ajv = new Ajv({ strict: false, allErrors: false })
const validators = Object.fromEntries(Object.entries(documents).map(([name, schema]) => [name, ajv.compile(schema)]))

/** What is wrong with a value as such a document. */
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
  "checkpoint-permissions/diff": "diff",
  "checkpoint-permissions/drift": "drift",
  "checkpoint-permissions/history": "history",
  "checkpoint-permissions/inventory": "inventory",
  "checkpoint-permissions/plan": "plan",
  "checkpoint-permissions/row": "row"
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
