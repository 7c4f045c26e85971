// Sends the tools of standard input to a model by each client, and prints what was sent.
//
// 1. Standard input is the JSON list of `tools/list`.
// 2. A local server takes the place of the Gemini API: it keeps each request and answers 'ok'.
// 3. Each client converts the tools as it does for its users and sends them there.
// 4. Standard output is one JSON object: for each client the `tools` of its request, or the error
//    with which it refused them. Nothing leaves this computer.

import { createServer } from 'node:http';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { GoogleGenAI } from '@google/genai';
import { ChatGoogleGenerativeAI } from '@langchain/google-genai';
import { DynamicStructuredTool } from '@langchain/core/tools';
import { generateText, jsonSchema, tool as aiTool } from 'ai';

const MODEL = 'gemini-2.5-flash';
const KEY = 'a-key-that-nobody-checks';
const ANSWER = {
  candidates: [
    { content: { role: 'model', parts: [{ text: 'ok' }] }, finishReason: 'STOP', index: 0 },
  ],
  usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 },
};

let received;
const server = createServer(async (request, response) => {
  received = JSON.parse(await text(request));
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(ANSWER));
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${server.address().port}`;

const declared = (tools, key) => [
  {
    functionDeclarations: tools.map(({ name, description, inputSchema }) => ({
      name,
      description,
      [key]: inputSchema,
    })),
  },
];

const genai = (key) => async (tools) => {
  const client = new GoogleGenAI({ apiKey: KEY, httpOptions: { baseUrl: url } });
  const config = { tools: declared(tools, key) };
  await client.models.generateContent({ model: MODEL, contents: 'Hello', config });
};

const CLIENTS = {
  langchain: async (tools) => {
    const model = new ChatGoogleGenerativeAI({ model: MODEL, apiKey: KEY, baseUrl: url });
    const bound = tools.map(
      ({ name, description, inputSchema }) =>
        new DynamicStructuredTool({ name, description, schema: inputSchema, func: () => '' }),
    );
    await model.bindTools(bound).invoke('Hello');
  },
  'ai-sdk': async (tools) => {
    const google = createGoogleGenerativeAI({ baseURL: `${url}/v1beta`, apiKey: KEY });
    const offered = tools.map(({ name, description, inputSchema }) => [
      name,
      aiTool({ description, inputSchema: jsonSchema(inputSchema) }),
    ]);
    await generateText({
      model: google(MODEL),
      prompt: 'Hello',
      tools: Object.fromEntries(offered),
      maxRetries: 0,
    });
  },
  'genai-parameters': genai('parameters'),
  'genai-parametersJsonSchema': genai('parametersJsonSchema'),
};

const tools = JSON.parse(await text(process.stdin));
const sent = {};
for (const [client, send] of Object.entries(CLIENTS)) {
  received = undefined;
  try {
    await send(structuredClone(tools));
    sent[client] = { tools: received?.tools };
  } catch (error) {
    sent[client] = { error: String(error?.stack ?? error) };
  }
}
process.stdout.write(JSON.stringify(sent));
server.close();
server.closeAllConnections();
