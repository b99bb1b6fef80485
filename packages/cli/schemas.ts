/**
 * Every JSON Schema that a package contains. They are in no repository: they are generated when packing, for the site and
 * for tests. `node --import tsx schemas.ts access|cli` writes those of one package.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import {
  AccessMatrix,
  AccessPlan,
  AccessPolicy,
  AccessStep,
  Drift,
  History,
  Inventory,
  Journal
} from "@checkpoint-permissions/access"
import { JSONSchema, Schema } from "effect"
import { emulator } from "./emulatorSchema.ts"
import { empty, summaryFields } from "./src/internal/apply/tally.ts"
import { Report } from "./src/internal/doctor/checks.ts"

/** An error of the API, as a line of a step shows it. */
const shownError = {
  type: "object",
  required: ["_tag", "message"],
  properties: { _tag: { type: "string" }, message: { type: "string" } },
  additionalProperties: false
}

/** The last line of an apply. */
const Summary = Schema.TaggedStruct("Summary", {
  checkpoints: Schema.Int,
  ...Object.fromEntries(Object.keys(summaryFields(empty)).map((name) => [name, Schema.Int] as const)),
  readFrom: Schema.optional(Schema.DateTimeUtc),
  readAt: Schema.optional(Schema.DateTimeUtc),
  unread: Schema.Int,
  gone: Schema.optional(Schema.Array(Schema.String)),
  leftOut: Schema.optional(Schema.Array(Schema.String)),
  notRead: Schema.optional(Schema.Array(Schema.String))
})

/** The last line of an offboarding. */
const Offboarded = Schema.TaggedStruct("Offboarded", {
  project: Schema.String,
  endings: Schema.NonEmptyArray(
    Schema.Union(
      Schema.TaggedStruct("Interrupted", { unverified: Schema.Int, remaining: Schema.Int }),
      Schema.TaggedStruct("LimitReached", { remaining: Schema.Int }),
      Schema.TaggedStruct("NotRemoved", { unread: Schema.Int, listed: Schema.Int, total: Schema.Int }),
      Schema.TaggedStruct("StillOwner", { checkpoints: Schema.Int }),
      Schema.TaggedStruct("LogIncomplete", { reason: Schema.String }),
      Schema.TaggedStruct("FindIncomplete", { reason: Schema.String }),
      Schema.TaggedStruct("ProjectNotSeen", {}),
      Schema.TaggedStruct("OwnersUnknown", { checkpoints: Schema.Int }),
      Schema.TaggedStruct("Removed", {})
    )
  ),
  revoked: Schema.Array(Schema.String),
  checkpoints: Schema.Int
})

const stepLine = (): object =>
  JSON.parse(
    JSON.stringify(JSONSchema.make(Schema.Union(AccessStep.AccessStep, Summary, Offboarded))),
    (key, value: unknown) => (key === "error" ? shownError : value)
  )

const planFile = Schema.Struct({ ...AccessPlan.AccessPlan.fields, digest: Schema.String }).annotations({
  identifier: "PlanFile"
})

const shapes = {
  audit: ["An audit or a review: who can use what", () => JSONSchema.make(AccessMatrix.AccessMatrix)],
  doctor: ["A check of key and server", () => JSONSchema.make(Report)],
  drift: ["Differences between a policy and the server", () => JSONSchema.make(Drift.Drift)],
  history: ["Who granted and revoked what", () => JSONSchema.make(History.History)],
  inventory: ["An inventory: which projects and checkpoints there are", () => JSONSchema.make(Inventory.Inventory)],
  journal: ["A line of a journal", () => JSONSchema.make(Journal.Entry)],
  plan: ["A plan", () => JSONSchema.make(planFile)],
  step: ["A line of apply --json or offboard --json", stepLine]
} as const

export type Document = keyof typeof shapes

/** The documents that the command line writes, by name. */
export const documents: Readonly<Record<string, object>> = Object.fromEntries(
  Object.entries(shapes).map(([name, [title, schema]]) => [name, { title, ...schema() }])
)

/** Every schema, by its path below `packages`. */
export const schemas: Readonly<Record<string, object>> = {
  "access/policy.schema.json": JSONSchema.make(AccessPolicy.AccessPolicy),
  "cli/emulator.schema.json": emulator,
  ...Object.fromEntries(Object.entries(documents).map(([name, schema]) => [`cli/schemas/${name}.schema.json`, schema]))
}

/** Writes the schemas whose path begins with `prefix` into `folder`, at the rest of their path. */
export const writeSchemas = (folder: string, prefix: string): void => {
  rmSync(join(folder, "schemas"), { recursive: true, force: true })
  for (const [path, schema] of Object.entries(schemas)) {
    if (!path.startsWith(prefix)) continue
    const file = join(folder, path.slice(prefix.length))
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, `${JSON.stringify(schema, null, 2)}\n`)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const name = process.argv[2] ?? ""
  writeSchemas(fileURLToPath(new URL(`../${name}`, import.meta.url)), `${name}/`)
}
