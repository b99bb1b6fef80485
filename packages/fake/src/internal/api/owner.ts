import type { ServerBehavior } from "../../behavior.ts"
import type { Reply } from "../../http.ts"
import { failure } from "./envelope.ts"

/** The refusal to grant or revoke the project that owns the checkpoint. */
export const ownerRefusal = (behavior: ServerBehavior, checkpoint: string, projectId: string): Reply | undefined =>
  Object.hasOwn(behavior.owners, checkpoint) && behavior.owners[checkpoint] === projectId
    ? failure(400, `Cannot modify checkpoint permissions for the owning project: ${projectId}`)
    : undefined
