// Calls by name: a line of JSON in, {id, name: "file.function", arguments}; a line out, {id, value} or {id, error}.
import {createInterface} from "node:readline";

// Clients log what goes wrong; standard output is for answers.
console.log = console.info = console.debug = console.warn = (...said) => console.error(...said);

// Some clients leave a promise behind when their connection breaks; what they tell their caller is what counts.
process.on("unhandledRejection", (problem) => console.error("left behind:", said(problem)));

async function called({name, arguments: given}) {
  const [file, verb] = name.split(".");
  return (await import(`./${file}.mjs`))[verb](given);
}

function said(problem) {
  return problem instanceof Error ? `${problem.name}: ${problem.message}` : String(problem);
}

for await (const line of createInterface({input: process.stdin})) {
  const call = JSON.parse(line);
  called(call)
    .then((value) => ({id: call.id, value}), (problem) => ({id: call.id, error: said(problem)}))
    .then((answer) => process.stdout.write(JSON.stringify(answer) + "\n"));
}
process.exit(0);
