import type { PlatformError } from "@effect/platform/Error"
import * as Data from "effect/Data"

/**
 * A file or folder that cannot be used, and why.
 *
 * @category errors
 */
export class Unusable extends Data.TaggedError("Unusable")<{ readonly path: string; readonly reason: string }> {
  override get message(): string {
    return `${this.path}: ${this.reason}`
  }
}

export const isReason = (error: PlatformError, reason: "NotFound" | "AlreadyExists"): boolean =>
  error._tag === "SystemError" && error.reason === reason

/** What the platform says went wrong at a path. */
export const unusable =
  (path: string) =>
  (error: PlatformError): Unusable =>
    new Unusable({ path, reason: error._tag === "SystemError" ? (error.description ?? error.reason) : error.message })
