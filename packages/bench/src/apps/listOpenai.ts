/** The same application with the official SDK. */
import OpenAI from "openai"

const client = new OpenAI()

for await (const permission of client.fineTuning.checkpoints.permissions.list("ft:bench:10")) {
  console.log(permission.project_id)
}
