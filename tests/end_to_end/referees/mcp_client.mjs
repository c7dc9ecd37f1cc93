// A client of the Model Context Protocol, by the protocol's own SDK: starts
// the server that its arguments name, makes the calls that stdin lists as JSON
// and prints what came back, as JSON.
import {Client} from '@modelcontextprotocol/sdk/client/index.js';
import {StdioClientTransport} from '@modelcontextprotocol/sdk/client/stdio.js';
import {readFileSync} from 'node:fs';

const [command, ...args] = process.argv.slice(2);
const calls = JSON.parse(readFileSync(0, 'utf8'));
const client = new Client({name: 'heapq-test', version: '1.0.0'});
await client.connect(new StdioClientTransport({command, args, env: process.env}));
await client.ping();
const {tools} = await client.listTools();
const results = [];
for (const call of calls) {
  results.push(await client.callTool(call).catch(error => ({thrown: String(error)})));
}
const answer = {
  server: client.getServerVersion(),
  capabilities: client.getServerCapabilities(),
  instructions: client.getInstructions(),
  tools,
  results,
};
process.stdout.write(JSON.stringify(answer) + '\n');
await client.close();
