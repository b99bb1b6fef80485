/**
 * Access as code: grant and revoke without doubles.
 *
 * @since 0.1.0
 */
export * as Access from "./Access.ts"
export * as AccessPolicy from "./AccessPolicy.ts"
