// Parses an AsyncAPI document with the official parser: any error or warning fails, and so does a document without facts.
import { readFile } from "node:fs/promises";
import { Parser } from "@asyncapi/parser";

const path = process.argv[2];
const { document, diagnostics } = await new Parser().parse(await readFile(path, "utf8"), { source: path });
const found = diagnostics.filter((one) => one.severity <= 1);
for (const one of found) {
  console.error(`${one.path.join(".")}: ${one.message} (${one.code})`);
}
const facts = document?.messages().all().length ?? 0;
console.log(`${path}: ${facts} facts, ${found.length} errors and warnings`);
process.exit(found.length > 0 || facts === 0 ? 1 : 0);
