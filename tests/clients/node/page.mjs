// The page of page.jsx with one version of the AI SDK in it, as one script.
import {fileURLToPath} from "node:url";
import {build} from "esbuild";

const PACKAGES = {
  5: {"@ai-sdk/react": "@ai-sdk/react-5", ai: "ai-5"},
  6: {"@ai-sdk/react": "@ai-sdk/react-6", ai: "ai-6"},
  7: {},
};

export async function script({version}) {
  const made = await build({
    entryPoints: [fileURLToPath(new URL("page.jsx", import.meta.url))],
    absWorkingDir: fileURLToPath(new URL(".", import.meta.url)),
    alias: PACKAGES[version],
    define: {"process.env.NODE_ENV": '"production"'},
    bundle: true, format: "esm", jsx: "automatic", platform: "browser", write: false, logLevel: "silent",
  });
  return made.outputFiles[0].text;
}
