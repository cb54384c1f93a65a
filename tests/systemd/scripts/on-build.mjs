#!/usr/bin/node
// A script in node: reads the event, computes enough to be compiled by its engine, tries one thing that the sandbox
// keeps from it, and writes its report to the file named by its argument.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';

const event = JSON.parse(readFileSync(0, 'utf8'));
let squares = 0;
for (let round = 0; round < 2000; round++) {
  squares = 0;
  for (let i = 0; i < 1000; i++) squares += i * i;
}
let interfaces;
try {
  interfaces = Object.keys(networkInterfaces());
} catch (reason) {
  interfaces = String(reason);
}
const file = process.argv[2];
writeFileSync(`${file}.new`, JSON.stringify({ event, squares, interfaces }));
renameSync(`${file}.new`, file);
