/**
 * The error texts of the API: the only place with them. A key is the `code` of the error, with a word after the slash if
 * a code has several texts; `none` stands for errors without a code. Each has a row in `evidence.jsonl`.
 */
/** An error as the envelope has it. */
export interface ApiError {
    readonly status: number;
    readonly message: string;
    /** Default: `invalid_request_error`. */
    readonly type?: string;
    readonly param?: string;
    readonly code?: string;
    readonly headers?: Readonly<Record<string, string>>;
}
export declare const errors: {
    readonly "none/no-key": () => ApiError;
    readonly invalid_api_key: (masked: string) => ApiError;
    readonly mismatched_project: () => ApiError;
    readonly missing_scope: (scope: string, status: number) => ApiError;
    readonly "none/owner-project": (project: string) => ApiError;
    readonly "none/server-error": () => ApiError;
    readonly model_not_found: (checkpoint: string) => ApiError;
    readonly fine_tune_not_found: (job: string) => ApiError;
    readonly audit_logs_disabled: () => ApiError;
    readonly already_exists: (project: string, status: number) => ApiError;
    readonly "not_found/permission": (id: string) => ApiError;
    readonly "not_found/project": (id: string) => ApiError;
    readonly "not_found/model-permissions": (project: string) => ApiError;
    readonly "not_found/cursor": (param: string, id: string) => ApiError;
    readonly "not_found/permission-cursor": (param: string, id: string) => ApiError;
    readonly "invalid_value/cursor": (param: string, id: string) => ApiError;
    readonly "invalid_value/permission-cursor": (param: string, id: string) => ApiError;
    readonly "invalid_value/twice": (param: string) => ApiError;
    readonly "invalid_value/empty": (param: string) => ApiError;
    readonly "invalid_value/word": (param: string, given: string, words: string) => ApiError;
    readonly "invalid_value/metadata": (given: string) => ApiError;
    readonly "invalid_value/event-type": (given: string) => ApiError;
    readonly integer_below_min_value: (given: string, min: number) => ApiError;
    readonly integer_above_max_value: (given: string, max: number) => ApiError;
    readonly empty_array: (param: string) => ApiError;
    readonly array_above_max_length: (param: string, max: number, given: number) => ApiError;
    readonly unknown_parameter: (param: string) => ApiError;
    readonly missing_required_parameter: (param: string) => ApiError;
    readonly invalid_type: (param: string, expected: string, given: string) => ApiError;
    readonly "none/not-json": () => ApiError;
    readonly unsupported_content_type: (given: string) => ApiError;
    readonly unknown_url: (method: string, path: string) => ApiError;
    readonly method_not_supported: (method: string, path: string, allow: string) => ApiError;
    readonly "rate_limit_exceeded/slow-down": () => ApiError;
    readonly "rate_limit_exceeded/limit-reached": (route: string) => ApiError;
    readonly insufficient_quota: () => ApiError;
};
/** Texts that are no reply of a route: that of the gateway before the API, and those that a job has. */
export declare const others: {
    readonly cf_bad_gateway: {
        readonly message: "Bad gateway";
        readonly type: "cf_bad_gateway";
        readonly code: 502;
    };
    readonly job_failed: {
        readonly code: "job_failed";
        readonly message: "The job failed.";
        readonly param: null;
    };
    readonly job_cancelled: {
        readonly code: "job_cancelled";
        readonly message: "The job was cancelled.";
        readonly param: null;
    };
};
//# sourceMappingURL=errors.d.ts.map