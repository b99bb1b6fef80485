/**
 * The error of a setting, a seed or a fault plan that makes no sense.
 *
 * @since 0.1.0
 */

/**
 * Thrown by whatever takes settings, a seed or faults. Nothing was changed. The message is one line that names the
 * field and says what would do.
 *
 * @example
 * ```ts
 * import { InvalidSetting, makeFetch } from "@checkpoint-permissions/fake"
 *
 * try {
 *   makeFetch({ behavior: { latency: -1 } })
 * } catch (error) {
 *   if (error instanceof InvalidSetting) console.log(error.field, error.reason)
 * }
 * ```
 *
 * @category errors
 */
export class InvalidSetting extends Error {
  override readonly name = "InvalidSetting"
  /** Where it is, such as `behavior.rate.burst` or `seed["ft:a"][0]`. */
  readonly field: string
  /** What would do, and what was given. */
  readonly reason: string

  constructor(field: string, reason: string) {
    super(`${field}: ${reason}`)
    this.field = field
    this.reason = reason
  }
}
