/** Warum es keine Antwort gibt. */

import type { failures as english } from '../en/failures.ts'

export const failures: typeof english = {
  network: 'Die Verbindung ist abgerissen.',
  draining: 'Der Server wird gerade beendet; frag gleich noch einmal.',
  interrupted: 'Der Server ist stehen geblieben, während diese Antwort geschrieben wurde; der Text bis dahin ist gesichert.',
  timeout: 'Die Antwort hat länger gedauert als erlaubt; der Text bis dahin ist gesichert.',
  limit_reached: 'Die Antwort hat eine Grenze erreicht; der Text bis dahin ist gesichert.',
  internal: 'Auf dem Server ist etwas schiefgegangen.',
  storage_full: 'Die Platte des Servers ist voll: Lesen geht weiter, neue Antworten warten auf Platz.',
  storage_failed: 'Die Platte des Servers lässt sich nicht beschreiben.',
  retrieval_failed: 'Die Dokumente konnten nicht durchsucht werden.',
  rate_limited: 'Es waren zu viele Anfragen; versuch es später noch einmal.',
  upstream_unreachable: 'Der Dienst des Modells ist nicht erreichbar.',
  upstream_timeout: 'Der Dienst des Modells ist verstummt.',
  upstream_auth: 'Der Dienst des Modells weist unseren Schlüssel zurück.',
  upstream_protocol: 'Der Dienst des Modells hat etwas geschickt, das keine Antwort ist.',
  upstream_truncated: 'Der Dienst des Modells hat aufgehört, ohne zu sagen, dass die Antwort vollständig ist.',
  upstream_failed: 'Der Dienst des Modells hat einen Fehler gemeldet.',
  upstream_refused: 'Der Dienst des Modells nimmt diese Anfrage nicht an.',
  model_not_found: 'Der Dienst des Modells kennt dieses Modell nicht.',
  context_length: 'Die Frage und ihre Quellen sind länger, als das Modell erlaubt.',
  content_filter: 'Der Dienst des Modells hat eine Antwort abgelehnt.',
  image_refused: 'Zu dieser Adresse geht der Server nicht: Sie liegt in einem privaten Netz oder ist keine einfache Webadresse.',
  image_unreachable: 'Der Server des Bildes ist nicht erreichbar oder hat das Bild nicht.',
  image_timeout: 'Der Server des Bildes hat zu lange gebraucht.',
  image_too_large: 'Das Bild ist größer als 5 MB.',
  not_an_image: 'Unter dieser Adresse liegt kein Bild, das sich anzeigen lässt.',
  not_kept: 'Die Datei ist nicht mehr gespeichert: Sende sie noch einmal.',
}
