import type { Reply } from "../../http.ts"
import { failure } from "./envelope.ts"

/** The refusal to grant or revoke the project that owns the checkpoint. */
export const ownerRefusal = (owner: string | undefined, projectId: string): Reply | undefined =>
  owner === projectId
    ? failure(400, `Cannot modify checkpoint permissions for the owning project: ${projectId}`)
    : undefined
