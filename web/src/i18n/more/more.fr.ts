/* What is read behind the sign-in alone: a chunk of its own beside each language, so that who looks for
 * a free time does not wait for it. */
import { glass } from '../glass/fr';
import { manage } from '../manage/fr';

export const more = { glass, manage };

export type More = typeof more;
