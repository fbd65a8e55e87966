import { settingsPage, settingsPageFile } from "./settings-page";
import { stackSchemaFile, stackSchemaText } from "./stack-schema";

/** A committed file that is made from code. */
export interface GeneratedFile {
  /** From the repository's folder. */
  file: string;
  text: () => string | Promise<string>;
}

/** What `npm run docs:update` writes; a test holds each file equal to its text. */
export const generatedFiles: readonly GeneratedFile[] = [
  { file: stackSchemaFile, text: stackSchemaText },
  { file: settingsPageFile, text: settingsPage },
];
