import type { Case } from "../case.ts"
import { answering, byPrefix, organization } from "./organization.ts"

export const projectModels: ReadonlyArray<Case> = [
  {
    name: "models are one request without paging parameters",
    organization,
    options: { adminKey: "sk-proj-1", projectId: "proj_2" },
    call: { call: "models" },
    ok: ["gpt-4o-mini-2024-07-18"],
    sent: ["list-models 200"]
  },
  {
    name: "jobs, which have no last_id, are paged by the last one's id",
    organization,
    options: { adminKey: "sk-proj-1", projectId: "proj_1", pageSize: 2 },
    call: { call: "jobs" },
    ok: ["ftjob-3", "ftjob-2", "ftjob-1"],
    sent: ["list-jobs?limit=2 200", "list-jobs?after=ftjob-2&limit=2 200"]
  },
  {
    name: "jobs without has_more",
    answers: [answering({ object: "list", data: [] })],
    options: { adminKey: "sk-proj-1" },
    call: { call: "jobs" },
    fail: { kind: "InvalidResponseError", reason: "has_more: is missing" },
    sent: ["list-jobs?limit=100 200"]
  },
  {
    name: "jobs with has_more: true and no item fail",
    answers: [answering({ object: "list", data: [], has_more: true })],
    options: { adminKey: "sk-proj-1" },
    call: { call: "jobs" },
    fail: { kind: "IncompleteListingError", operation: "list-jobs", received: 0 },
    sent: ["list-jobs?limit=100 200"]
  },
  {
    name: "a key of another project than it is labelled with",
    organization,
    behavior: byPrefix,
    options: { adminKey: "sk-proj-1", projectId: "proj_2" },
    call: { call: "jobs" },
    fail: { kind: "AuthenticationError", operation: "list-jobs", code: "mismatched_project" },
    sent: ["list-jobs?limit=100 401"]
  }
]
