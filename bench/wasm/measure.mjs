// Import costs and the state after boot in the WebAssembly build of MicroPython: 4-byte pointers, as on a board.
// node measure.mjs MICROPYTHON.mjs JOB.json prints one JSON object; the job's fields are made by board_memory.py.
// Garbage is collected between two calls from here only: the VM cannot scan the WebAssembly stack.
import { readFileSync } from "node:fs";

process.on("uncaughtException", (error) => {
  console.error(error.message); // not the trace: it would quote the VM's whole module
  process.exit(1);
});

const job = JSON.parse(readFileSync(process.argv[3], "utf8"));
const { loadMicroPython } = await import(process.argv[2]);
let printed = [];
const vm = await loadMicroPython({ heapsize: 4 * 1024 * 1024, stdout: (line) => printed.push(line) });

function python(code) {
  printed = [];
  vm.runPython(code);
  return printed.join("\n").trim();
}

function used() {
  python("import gc\ngc.collect()");
  return Number(python("import gc\nprint(gc.mem_alloc())"));
}

function names() {
  return Number(python("import micropython\nmicropython.qstr_info()").match(/n_qstr=(\d+)/)[1]);
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function until(condition) {
  for (let tries = 0; python(`print(bool(${condition}))`) !== "True"; tries++) {
    if (tries > 500) throw new Error(`never: ${condition}\n${python(job.state)}`);
    await pause(10);
  }
  await pause(30);
}

for (const [name, data] of Object.entries(job.files)) vm.FS.writeFile(name, Buffer.from(data, "base64"));
python(job.prepare);
await pause(50);
python("print(bool(1))"); // this program's own names, before the first measurement
used();
const result = { stub_names: names(), imports: {}, steps: {}, lazy: {} };
let last = used();

function growth() {
  const before = last;
  last = used();
  return last - before;
}

function importAll(modules, costs) {
  for (const module of modules) {
    python(`__import__("${module}")`);
    costs[module] = { bytes: growth(), names: names() };
  }
}

importAll(job.imports, result.imports);
for (const step of job.steps) {
  python(step.code);
  await until(step.until);
  await pause(200);
  result.steps[step.name] = { bytes: growth(), names: names() };
}
result.names = names();
result.modules = python("import sys\nprint(' '.join(sorted(sys.modules)))").split(" ");
importAll(job.lazy, result.lazy);
console.log(JSON.stringify(result));
process.exit(0);
