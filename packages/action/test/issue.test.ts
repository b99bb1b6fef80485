import type { Drift } from "@checkpoint-permissions/access"
import { assert, describe, it } from "@effect/vitest"
import { DateTime } from "effect"
import { type Change, changesOf, type Issue, markerOf } from "../src/issue.ts"

const about = { policy: ["b.yaml", "a.yaml"], runUrl: "https://github.com/run" }

type Difference = Drift.Drift["differences"][number]

const by = { kind: "user", name: "eve@example.com" }
const unwanted = (at: string, project: string, actor?: string): unknown => ({
  kind: "not in the policy",
  checkpoint: `ft:m:org:${at}:1`,
  project,
  permission: `cp_${project}`,
  createdAt: 1_700_000_000,
  ...(actor === undefined ? {} : { grant: { _tag: "InLog", at: 1_700_000_000, by: { ...by, name: actor } } })
})
