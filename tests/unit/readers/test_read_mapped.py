"""Each shipped profile on small exports written here in the vendors' documented forms."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from tolerance.formats.content import FileNotes
from tolerance.identity import address_hash
from tolerance.profiles import catalogue, reading
from tolerance.profiles.profile import Profile
from tolerance.readers.mapped import places_of
from tolerance.readers.outcomes import Outcome, ReaderContext, reader_of
from tolerance.records import AcceptedRecord, FileRefusedError, QuarantinedRecord
from tolerance.settings import settings

Read = Callable[..., list[Outcome]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(
        profile: str | Profile, name: str, content: str | bytes | object, notes: FileNotes | None = None
    ) -> list[Outcome]:
        if not isinstance(content, str | bytes):
            content = json.dumps(content, ensure_ascii=False)
        path = tmp_path / "landed"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        found = catalogue.mappings().profile("tickets", profile) if isinstance(profile, str) else profile
        context = ReaderContext(settings(), b"key", tmp_path / "scratch", found)
        return list(reader_of("tickets")(path, name=name, context=context, notes=notes or FileNotes()))

    return read


def texts(record: Outcome, *fields: str) -> tuple[str | None, ...]:
    """The named values of an accepted record as text."""
    assert isinstance(record, AcceptedRecord), record
    return tuple(None if record.values[name] is None else str(record.values[name]) for name in fields)


BASICS = ("ticket_id", "created_at", "updated_at", "solved_at", "status", "ticket_type", "priority")
ANA = address_hash(b"key", "ana@example.fr")


def own_profile(**keys: object) -> Profile:
    """A company's profile of a small desk, with more keys."""
    columns = {"ticket_id": "nr", "created_at": "day", "status": "state"}
    desk = {"csv": {"delimiter": ";", "columns": columns}, **keys}
    text = json.dumps({"profiles": {"tickets": {"desk": desk}}})
    return reading.parse(text.encode(), "m.yml", catalogue.mappings().profiles).profiles["tickets", "desk"]


# Zendesk ------------------------------------------------------------------------------


def test_zendesk_as_csv_of_a_view_and_in_french(read: Read) -> None:
    english = (
        "Ticket ID,Requester,Requester external ID,Requester email,Subject,Status,Created at,Updated at,"
        "Solved at,Type,Priority,Tags,Satisfaction Score\n"
        '35,Ana,C1,Ana@Example.fr,"Late, again",Solved,2026-10-01 10:00,2026-10-02 11:00,2026-10-02 11:00,'
        "Incident,High,delivery_late vip,Bad with comment\n"
        "36,Bo,-,-,Hi,On-hold,2026-10-01 10:00,2026-10-02 11:00,-,-,-,-,Not offered\n"
    )
    first, second = read("zendesk", "t.csv", english)
    assert texts(first, *BASICS) == (
        "35", "2026-10-01 08:00:00", "2026-10-02 09:00:00", "2026-10-02 09:00:00",
        "solved", "incident", "high",
    )  # fmt: skip
    assert texts(first, "customer_id", "tags", "satisfaction") == ("C1", "delivery_late,vip", "bad")
    assert texts(first, "requester_hash") == (ANA,)
    assert texts(second, "status", "customer_id", "ticket_type", "satisfaction") == (
        "hold", None, None, "unoffered",
    )  # fmt: skip
    (french,) = read(
        "zendesk",
        "t.csv",
        "ID,Sujet,Statut,Créé le,Mis à jour,E-mail du demandeur,Priorité\n7,Retard,Résolu,01/10/2026 10:00,"
        "02/10/2026 10:00,ana@example.fr,Élevée\n",
    )
    assert texts(french, "status", "priority", "created_at") == ("solved", "high", "2026-10-01 08:00:00")


def test_zendesk_as_a_connectors_table_in_csv_and_json(read: Read) -> None:
    row = {
        "id": 11, "_fivetran_synced": "2026-10-03 00:00:00.1", "created_at": "2026-10-01 10:00:00",
        "updated_at": "2026-10-02 10:00:00.250", "status": "closed", "type": "question", "priority": "urgent",
        "subject": "s", "description": "d", "_fivetran_deleted": False,
    }  # fmt: skip
    csv = ",".join(row) + "\n" + ",".join(str(value) for value in row.values()) + "\n"
    (by_csv,) = read("zendesk_tables", "ticket.csv", csv)
    (by_json,) = read("zendesk_tables", "ticket.json", [row])
    assert texts(by_csv, *BASICS) == (
        "11", "2026-10-01 10:00:00", "2026-10-02 10:00:00.250000", None, "closed", "question", "urgent",
    )  # fmt: skip
    assert isinstance(by_csv, AcceptedRecord)
    assert isinstance(by_json, AcceptedRecord)
    assert by_csv.values == by_json.values
    (deleted,) = read("zendesk_tables", "ticket.json", [{**row, "_fivetran_deleted": True}])
    assert texts(deleted, "status", "is_deleted") == ("deleted", "True")


def test_zendesk_as_a_report_of_explore_and_by_the_category_of_a_companys_status(read: Read) -> None:
    csv = (
        "Ticket ID,Ticket created - Date,Ticket updated - Timestamp,Ticket solved - Date,Ticket status,"
        "Ticket status category,Requester email\n"
        "1,2026-10-01,2026-10-02T10:00:00,01 Oct 2026,Refunded,Solved,ana@example.fr\n"
        '2,"Oct 1, 2026",2026-10-02T10:00:00,,At the carrier,On-hold,ana@example.fr\n'
    )
    first, second = read("zendesk", "report.csv", csv)
    assert texts(first, *BASICS[:5]) == (
        "1", "2026-09-30 22:00:00", "2026-10-02 08:00:00", "2026-09-30 22:00:00", "solved",
    )  # fmt: skip
    assert texts(second, *BASICS[:5]) == (
        "2", "2026-09-30 22:00:00", "2026-10-02 08:00:00", None, "hold",
    )  # fmt: skip


def test_zendesk_as_a_connectors_table_whose_cells_are_json_and_as_a_search(read: Read) -> None:
    ticket = {
        "id": 7, "created_at": "2026-10-01 9:00:00 UTC", "updated_at": "2026-10-02 10:00:00 UTC",
        "status": "open", "tags": ["vip", "delivery_late"], "satisfaction_rating": {"id": 1, "score": "bad"},
        "via": {"channel": "email", "source": {"from": {"address": "ana@example.fr"}}}, "requester_id": 9,
    }  # fmt: skip
    cells = (json.dumps(value) if isinstance(value, dict | list) else str(value) for value in ticket.values())
    csv = ",".join(ticket) + "\n" + ",".join('"' + cell.replace('"', '""') + '"' for cell in cells) + "\n"
    (by_csv,) = read("zendesk_tables", "tickets.csv", csv)
    (by_search,) = read("zendesk_tables", "search.json", {"results": [ticket], "count": 1})
    assert texts(by_csv, "created_at", "tags", "satisfaction", "requester_hash", "customer_id") == (
        "2026-10-01 09:00:00", "vip,delivery_late", "bad", ANA, None,
    )  # fmt: skip
    assert isinstance(by_csv, AcceptedRecord)
    assert isinstance(by_search, AcceptedRecord)
    assert by_csv.values == by_search.values
    (gone,) = read("zendesk_tables", "t.ndjson", json.dumps({**ticket, "_sdc_deleted_at": "2026-10-03"}))
    assert texts(gone, "status") == ("deleted",)
    for nothing in ("NULL", "NaT", None):
        (kept,) = read("zendesk_tables", "t.ndjson", json.dumps({**ticket, "_sdc_deleted_at": nothing}))
        assert texts(kept, "status") == ("open",)


# Jira ---------------------------------------------------------------------------------


def test_jira_as_csv_in_english_with_repeated_columns(read: Read) -> None:
    csv = (
        "Summary,Issue key,Issue id,Issue Type,Status,Priority,Reporter,Created,Updated,"
        "Resolved,Labels,Labels,"
        "Description,Comment,Comment,Custom field (Request Type)\n"
        'No parcel,SD-1,10,[System] Incident,Waiting for customer,Highest,ana@example.fr,"11/May/24 3:26 PM",'
        '12/May/24 9:00 AM,,Delivery Late,vip,"two\nlines",a,b,Get help\n'
        "Access,SD-2,11,Service Request,Done,Low,Bo Li,11/May/2024 03:26 PM,12/May/2024 09:00 AM,"
        "12/May/2024 08:59 AM,,,,,,\n"
    )
    first, second = read("jira", "issues.csv", csv)
    assert texts(first, *BASICS) == (
        "SD-1", "2024-05-11 13:26:00", "2024-05-12 07:00:00", None, "pending", "incident", "urgent",
    )  # fmt: skip
    assert texts(first, "tags", "requester_hash", "description") == (
        "delivery_late,vip",
        ANA,
        "two\nlines",
    )
    assert texts(second, "status", "ticket_type", "requester_hash", "solved_at") == (
        "solved", "task", None, "2024-05-12 06:59:00",
    )  # fmt: skip


def test_jira_as_csv_in_french(read: Read) -> None:
    csv = (
        "Résumé,Clé de ticket,Type de ticket,État,Priorité,Rapporteur,"
        "Création,Mise à jour,Résolue,Étiquettes\n"
        "Colis,SD-1,Incident,En attente du client,Élevée,ana@example.fr,"
        "11/févr./24 3:26 PM,12/mai/24 9:00 AM,,\n"
        "Accès,SD-2,Demande de service,Terminé(e),Moyenne,x,2024-05-11 15:26,"
        "2024-05-12 09:00,2024-05-12 09:00,\n"
    )
    first, second = read("jira", "tickets.csv", csv)
    assert texts(first, *BASICS) == (
        "SD-1", "2024-02-11 14:26:00", "2024-05-12 07:00:00", None, "pending", "incident", "high",
    )  # fmt: skip
    assert texts(second, "status", "ticket_type", "priority") == ("solved", "task", "normal")


def test_jira_as_csv_in_spanish_and_portuguese(read: Read) -> None:
    spanish = (
        "Resumen,Clave de incidencia,Tipo de Incidencia,Estado,Informador,ID del informador,Creada,"
        "Actualizada,Resuelta,Etiquetas,Calificación de satisfacción,Categoría de estado\n"
        "Paquete,SD-1,Incidencia,Esperando al cliente,ana@example.fr,712020:1,10/ene/26 4:51 PM,"
        "18/jul/26 10:53 AM,,Entrega,1,En curso\n"
        "Acceso,SD-2,Tarea,Listo para facturar,Bo Li,712020:2,10/ene/26 4:51 PM,18/jul/26 10:53 AM,,,,Listo\n"
    )
    first, second = read("jira", "Jira.csv", spanish)
    assert texts(first, *BASICS[:6], "requester_hash", "tags", "satisfaction") == (
        "SD-1", "2026-01-10 15:51:00", "2026-07-18 08:53:00", None, "pending", "incident",
        ANA, "entrega", "bad",
    )  # fmt: skip
    assert texts(second, "status", "ticket_type", "customer_id") == ("solved", "task", "712020:2")
    portuguese = (
        "Resumo,Chave da item,Tipo de item,Status,Relator,ID do relator,Criado,Atualizado(a),Resolvido\n"
        "Tela,SD-3,Tarefa,Concluído,ana@example.fr,712020:1,02/fev/26 2:15 PM,"
        "02/out/26 2:41 PM,02/out/26 2:41 PM\n"
    )
    (third,) = read("jira", "Jira.csv", portuguese)
    assert texts(third, *BASICS[:6]) == (
        "SD-3", "2026-02-02 13:15:00", "2026-10-02 12:41:00", "2026-10-02 12:41:00", "solved", "task",
    )  # fmt: skip


def test_jira_as_csv_with_the_dates_of_its_new_list(read: Read) -> None:
    csv = (
        "Key,Summary,Status,Reporter,Created,Updated\n"
        'SD-1,s,Done,ana@example.fr,"Nov 18, 2026, 10:00:00 AM","18 nov. 2026, 11:00:00"\n'
    )
    (record,) = read("jira", "issues.csv", csv)
    assert texts(record, "created_at", "updated_at") == ("2026-11-18 09:00:00", "2026-11-18 10:00:00")


def test_jira_as_rest_search_with_a_description_that_is_a_tree(read: Read) -> None:
    tree = {
        "type": "doc",
        "content": [{"type": "paragraph", "content": [{"type": "text", "text": "no parcel"}]}],
    }
    fields = {
        "summary": "s", "description": tree, "labels": ["delivery_late", "vip"], "issuetype": {"name": "Bug"},
        "status": {"name": "Chez le transporteur", "statusCategory": {"key": "indeterminate"}},
        "priority": {"name": "Medium"}, "created": "2026-10-01T10:00:00.000+0200",
        "updated": "2026-10-02T10:00:00.000+0200", "resolutiondate": None,
        "reporter": {"emailAddress": "ana@example.fr", "displayName": "Ana"},
    }  # fmt: skip
    document = {"startAt": 0, "total": 1, "issues": [{"id": "1", "key": "SD-1", "fields": fields}]}
    (record,) = read("jira", "search.json", document)
    assert texts(record, *BASICS) == (
        "SD-1", "2026-10-01 08:00:00", "2026-10-02 08:00:00", None, "open", "incident", "normal",
    )  # fmt: skip
    assert texts(record, "tags", "description", "requester_hash") == (
        "delivery_late,vip",
        "no parcel",
        ANA,
    )


def test_a_status_of_a_companys_own_workflow_is_open_until_resolved_and_counted(read: Read) -> None:
    notes = FileNotes()
    csv = (
        "Issue key,Status,Created,Resolved\nA-1,Chez le transporteur,2026-10-01,\n"
        "A-2,Chez le transporteur,2026-10-01,2026-10-02\n"
    )
    records = read("jira", "t.csv", csv, notes)
    assert [texts(record, "status") for record in records] == [("open",), ("solved",)]
    assert any(
        "2 records have a status that profile jira does not name" in message for message in notes.messages
    )


def test_a_resolution_that_lies_ahead_of_a_record_does_not_solve_it(read: Read) -> None:
    csv = (
        "number,state,opened_at,sys_updated_on,resolved_at\n"
        "INC1,At the carrier,2026-10-01 10:00:00,2026-10-02 10:00:00,2026-10-05 10:00:00\n"
        "INC1,At the carrier,2026-10-01 10:00:00,2026-10-05 10:00:00,2026-10-05 10:00:00\n"
    )
    records = read("servicenow", "log.csv", csv)
    assert [texts(record, "status") for record in records] == [("open",), ("solved",)]


def test_jira_as_a_connectors_table_with_ids(read: Read) -> None:
    csv = (
        "id,key,issue_type,status,priority,created,updated,resolved,summary,reporter\n"
        "1,TP-1,10103,10003,2,2026-10-01 10:00:00,2026-10-02 10:00:00,,s,5c33:26c2\n"
    )
    (record,) = read("jira_tables", "issue.csv", csv)
    assert texts(record, *BASICS) == (
        "TP-1", "2026-10-01 10:00:00", "2026-10-02 10:00:00", None, "open", None, "high",
    )  # fmt: skip
    row = {"key": "TP-1", "status": 3, "created": "2026-10-01 10:00:00", "issue_type_name": "Service Request"}
    (by_json,) = read("jira_tables", "issue.ndjson", json.dumps(row))
    assert texts(by_json, "status", "ticket_type", "created_at") == (
        "open",
        "task",
        "2026-10-01 10:00:00",
    )


# GLPI ---------------------------------------------------------------------------------


def test_glpi_as_french_csv_with_blanks_in_its_ids_and_a_delimiter_at_line_ends(read: Read) -> None:
    csv = (
        '\ufeff"ID";"Titre";"Statut";"Date d’ouverture";"Dernière modification";"Type";"Priorité";'
        '"Demandeur - Demandeur";"Catégorie";"Description";\n'
        '"12 345";"Colis &amp; retard";"En cours (Attribué)";"01-10-2026 10:00";'
        '"02-10-2026 11:30";"Incident";'
        '"Très haute";"Ana <ana@example.fr>";"Logistique > Retard";"&lt;p&gt;Rien&lt;/p&gt;<p>reçu</p>";\n'
        '"12 346";"Accès";"Clos";"01-10-2026 10:00";"02-10-2026 11:30";"Demande";"Basse";"Bo Li";"";"";\n'
    )
    first, second = read("glpi", "glpi.csv", csv)
    assert texts(first, *BASICS) == (
        "12345", "2026-10-01 08:00:00", "2026-10-02 09:30:00", None, "open", "incident", "urgent",
    )  # fmt: skip
    assert texts(first, "requester_hash", "subject", "tags") == (
        ANA,
        "Colis & retard",
        "logistique_>_retard",
    )
    assert "<" not in str(texts(first, "description"))
    assert texts(second, "status", "ticket_type", "priority") == ("closed", "task", "low")


def test_glpi_as_english_csv_in_cp1252(read: Read) -> None:
    notes = FileNotes()
    csv = (
        "ID;Title;Status;Opening date;Last update;Resolution date;Type;Priority;Requester - Requester\n"
        "7;Café;Solved;2026-10-01 10:00;2026-10-02 10:00;2026-10-02 09:00;Request;Medium;ana@example.fr\n"
    )
    (record,) = read("glpi", "glpi.csv", csv.encode("cp1252"), notes)
    assert texts(record, *BASICS) == (
        "7", "2026-10-01 08:00:00", "2026-10-02 08:00:00", "2026-10-02 07:00:00", "solved", "task", "normal",
    )  # fmt: skip
    assert notes.encoding == "cp1252"


def test_glpi_as_rest_json_by_names_and_by_search_options(read: Read) -> None:
    by_name = {
        "id": 7, "name": "n", "content": "c", "type": 1, "status": 4, "priority": 4,
        "date": "2026-10-01 10:00:00",
        "date_mod": "2026-10-02 10:00:00", "solvedate": None, "is_deleted": 0,
    }  # fmt: skip
    by_option = {
        "2": 7, "1": "n", "21": "c", "14": 1, "12": 4, "3": 4, "15": "2026-10-01 10:00:00",
        "19": "2026-10-02 10:00:00", "17": None,
    }  # fmt: skip
    (first,) = read("glpi", "t.json", [by_name])
    (second,) = read("glpi", "t.json", {"totalcount": 1, "data": [by_option]})
    assert isinstance(first, AcceptedRecord)
    assert isinstance(second, AcceptedRecord)
    assert first.values == second.values
    assert texts(first, "status", "ticket_type", "priority") == ("pending", "incident", "high")
    (deleted,) = read("glpi", "t.json", [{**by_name, "is_deleted": 1}])
    assert texts(deleted, "is_deleted") == ("True",)


def test_glpi_as_csv_in_spanish_and_portuguese(read: Read) -> None:
    spanish = (
        "ID;Título;Estado;Última actualización;Fecha de Apertura;Prioridad;Solicitante - Solicitante;"
        "Categoría;Fecha de cierre;Tipo\n"
        "28 316;Paquete;Cerrado;18/02/2026 17:24;3/02/2026 9:04;Mediana;Ana <br>ana@example.fr<br>;1.Envíos;"
        "18/02/2026 17:24;Incidencia\n"
    )
    (record,) = read("glpi", "glpi.csv", spanish)
    assert texts(record, *BASICS, "requester_hash", "subject") == (
        "28316", "2026-02-03 08:04:00", "2026-02-18 16:24:00", "2026-02-18 16:24:00", "closed", "incident",
        "normal", ANA, "Paquete",
    )  # fmt: skip
    portuguese = (
        '"ID";"Título";"Status";"Data de abertura";"Última atualização";"Requerente - Requerente";'
        '"Prioridade";\n'
        '"2 553";"Criar";"Pendente";"05-09-2025 14:10";"15-09-2025 18:02";"Ana ";"Muito alta";\n'
        '"2 468";"App";"Em atendimento (atribuído)";"03-09-2025 11:53";"15-09-2025 11:27";"Ana ";"Média";\n'
        '"1 879";"Acesso";"Solucionado";"14-08-2025 14:27";"05-09-2025 09:46";"Ana ";"Baixa";\n'
    )
    records = read("glpi", "glpi.csv", portuguese)
    assert [texts(record, "ticket_id", "status", "priority") for record in records] == [
        ("2553", "pending", "urgent"),
        ("2468", "open", "normal"),
        ("1879", "solved", "low"),
    ]


@pytest.mark.parametrize(
    "csv",
    [
        "ID;Título;Tipo;Estado;Fecha de Apertura;Encuesta de satisfacción - Satisfacción\n"
        "395;Ratón;Requerimiento;Resueltas;2025-07-30 15:01;2\n",
        "ID;Título;Tipo;Status;Data de abertura;Pesquisa de satisfação - Satisfação\n"
        "395;Mouse;Requisição;Solucionado;30-07-2025 15:01;2\n",
    ],
)
def test_glpi_in_spanish_and_portuguese_tells_the_survey_and_the_solved(read: Read, csv: str) -> None:
    (record,) = read("glpi", "glpi.csv", csv)
    assert texts(record, "ticket_id", "created_at", "status", "ticket_type", "satisfaction") == (
        "395", "2025-07-30 13:01:00", "solved", "task", "bad",
    )  # fmt: skip


# Intercom -----------------------------------------------------------------------------


def test_intercom_as_api_json_with_times_counted_from_1970(read: Read) -> None:
    conversation = {
        "type": "conversation", "id": "215", "created_at": 1603929577, "updated_at": 1603931166,
        "state": "snoozed", "priority": "priority", "title": None,
        "source": {"subject": "<p>Late</p>", "body": "<p>No <b>parcel</b></p>",
        "author": {"email": "ana@example.fr"}},
        "contacts": {"contacts": [{"id": "5f", "external_id": "C1"}]},
        "tags": {"type": "tag.list", "tags": [{"id": "1", "name": "Delivery late"}, {"name": "vip"}]},
        "conversation_rating": {"rating": 1, "remark": ""},
        "statistics": {"last_close_at": 1603930000, "count_reopens": 2},
    }  # fmt: skip
    (record,) = read("intercom", "c.json", {"type": "conversation.list", "conversations": [conversation]})
    assert texts(record, *BASICS) == (
        "215", "2020-10-28 23:59:37", "2020-10-29 00:26:06", "2020-10-29 00:06:40", "pending", None, "high",
    )  # fmt: skip
    assert texts(record, "customer_id", "requester_hash", "tags", "satisfaction", "reopens") == (
        "C1", ANA, "delivery_late,vip", "bad", "2",
    )  # fmt: skip
    assert texts(record, "subject", "description") == ("Late", "No parcel")
    (line,) = read("intercom", "c.ndjson", json.dumps(conversation))
    assert isinstance(line, AcceptedRecord)
    assert isinstance(record, AcceptedRecord)
    assert line.values == record.values


def test_intercom_as_csv_and_as_a_connectors_table(read: Read) -> None:
    csv = (
        "conversation_id,conversation_created_at,conversation_closed_at,conversation_state,conversation_tags,"
        "message_author_email,message_author_user_id,message_body\n"
        '215,2026-10-01 10:00:00,,open,"Delivery late,vip",ana@example.fr,C1,hello\n'
    )
    (record,) = read("intercom", "c.csv", csv)
    assert texts(record, "created_at", "tags", "customer_id") == (
        "2026-10-01 10:00:00", "delivery_late,vip", "C1",
    )  # fmt: skip
    table = (
        "id,updated_at,conversation_rating_value,created_at,priority,state,source_subject,source_body\n"
        "215,2026-10-02 10:00:00,5,2026-10-01 10:00:00,not_priority,closed,s,b\n"
    )
    (version,) = read("intercom_tables", "conversation_history.csv", table)
    assert texts(version, *BASICS) == (
        "215", "2026-10-01 10:00:00", "2026-10-02 10:00:00", None, "closed", None, "normal",
    )  # fmt: skip
    assert texts(version, "satisfaction") == ("good",)


def test_intercom_as_csv_whose_columns_tell_their_time_zone(read: Read) -> None:
    csv = (
        "Conversation ID,Conversation created at (America/New_York),"
        "Conversation updated at (America/New_York),Conversation last closed at (UTC),"
        "Current conversation state,Current ticket state category,"
        "Conversation tag,User email,User ID,Last teammate rating,Conversation priority\n"
        '1,2026-01-05 10:00:00,2026-07-05 10:00:00,2026-07-05 13:00:00,Closed,,"Delivery late,vip",'
        "ana@example.fr,C1,2,Not Priority\n"
        "2,2026-01-05 10:00:00,2026-07-05 10:00:00,,Closed,In progress,,ana@example.fr,,,Priority\n"
    )
    first, second = read("intercom", "data.csv", csv)
    assert texts(first, *BASICS[:5], "priority", "tags", "satisfaction", "customer_id", "requester_hash") == (
        "1", "2026-01-05 15:00:00", "2026-07-05 14:00:00", "2026-07-05 13:00:00", "closed",
        "normal", "delivery_late,vip", "bad", "C1", ANA,
    )  # fmt: skip
    assert texts(second, "status", "priority") == ("open", "high")


def test_a_zone_in_the_name_of_a_column_counts_where_a_profile_names_it_in_full(read: Read) -> None:
    columns = {"ticket_id": "nr", "created_at": "Opened (UTC)", "status": "state"}
    ours = own_profile(extends="jira", csv={"columns": columns})
    csv = "nr,state,Opened (UTC),Opened (America/New_York)\n1,Done,2026-07-01 10:00,2026-07-01 06:00\n"
    (record,) = read(ours, "t.csv", csv)
    assert texts(record, "created_at") == ("2026-07-01 10:00:00",)


@pytest.mark.parametrize(
    ("header", "utc"),
    [
        ("Created at (America/New_York),Created at,x", "2026-07-01 11:00:00"),
        ("Created at (GMT),x,y", "2026-07-01 06:00:00"),
    ],
)
def test_a_column_without_a_zone_in_its_name_goes_before_one_with(read: Read, header: str, utc: str) -> None:
    csv = f"ID,State,{header}\n1,open,2026-07-01 06:00:00,2026-07-01 11:00:00,\n"
    (record,) = read("intercom", "c.csv", csv)
    assert texts(record, "created_at") == (utc,)


@pytest.mark.parametrize("zone", ["Europe/Pariss", "America/Argentina", "utc", "open/closed", "/etc/passwd"])
def test_what_is_no_time_zone_is_a_part_of_the_name(read: Read, zone: str) -> None:
    with pytest.raises(FileRefusedError, match="no column for created_at"):
        read("intercom", "c.csv", f"ID,State,Created at ({zone})\n1,open,2026-07-01 10:00:00\n")


@pytest.mark.parametrize("cell", ['[""vip"",', "['vip']", "[" * 5_000, '{""source"":' * 5_000, "null", "7"])
def test_a_cell_that_is_no_json_costs_no_record(read: Read, cell: str) -> None:
    csv = f'id,created_at,status,via,tags\n1,2026-07-01,open,"{cell}","{cell}"\n'
    (record,) = read("zendesk_tables", "t.csv", csv)
    assert texts(record, "ticket_id", "requester_hash", "status") == ("1", None, "open")


def test_a_header_of_very_many_nameless_columns_is_read_in_time_that_grows_with_it() -> None:
    begin = time.process_time()
    assert len(places_of([""] * 100_000)[""]) == 100_000
    assert time.process_time() - begin < 5


def test_what_an_agent_or_a_bot_wrote_first_does_not_make_them_the_customer(read: Read) -> None:
    conversation = {
        "id": "1", "created_at": 1603929577, "state": "open",
        "source": {"author": {"type": "admin", "id": "814860", "email": "agent@company.fr"}},
        "contacts": {"contacts": [{"id": "5f", "external_id": None}]},
    }  # fmt: skip
    (sent,) = read("intercom", "c.json", {"conversations": [conversation]})
    assert texts(sent, "customer_id", "requester_hash") == ("5f", None)
    conversation["source"] = {"author": {"type": "lead", "id": "5f", "email": "ana@example.fr"}}
    (received,) = read("intercom", "c.json", {"conversations": [conversation]})
    assert texts(received, "customer_id", "requester_hash") == (None, ANA)
    csv = (
        "conversation_id,conversation_created_at,conversation_state,message_author_type,message_author_email\n"
        "1,2026-10-01 10:00:00,open,admin,agent@company.fr\n2,2026-10-01 10:00:00,open,user,ana@example.fr\n"
        "3,2026-10-01 10:00:00,open,Teammate,agent@company.fr\n"
    )
    records = read("intercom", "c.csv", csv)
    assert [texts(record, "requester_hash") for record in records] == [(None,), (ANA,), (None,)]
    table = (
        "id,created_at,state,source_author_type,source_author_id,source_author_email\n"
        "1,2026-10-01 10:00:00,open,bot,9,bot@company.fr\n2,2026-10-01 10:00:00,open,user,5f,\n"
    )
    records = read("intercom_tables", "c.csv", table)
    assert [texts(record, "customer_id", "requester_hash") for record in records] == [
        (None, None),
        ("5f", None),
    ]


def test_intercom_as_a_connectors_records_with_plain_lists(read: Read) -> None:
    conversation = {
        "id": "9", "created_at": "2026-01-05T10:00:00.000000Z", "updated_at": "2026-01-06T10:00:00.000000Z",
        "state": "closed", "contacts": [{"type": "contact", "id": "5f0c"}],
        "tags": [{"id": "1", "name": "vip"}],
        "conversation_rating": {"rating": 5}, "statistics": {"last_close_at": "2026-01-06T09:00:00.000000Z"},
    }  # fmt: skip
    (record,) = read("intercom", "c.ndjson", json.dumps(conversation))
    assert texts(record, *BASICS[:5], "customer_id", "tags", "satisfaction") == (
        "9", "2026-01-05 10:00:00", "2026-01-06 10:00:00", "2026-01-06 09:00:00", "closed",
        "5f0c", "vip", "good",
    )  # fmt: skip


# ServiceNow ---------------------------------------------------------------------------


def test_servicenow_as_csv_with_labels_and_with_field_names(read: Read) -> None:
    labels = (
        '"Number","Opened","Short description","Caller","Priority","State","Category","Updated","Resolved"\n'
        '"INC0010001","2026-10-01 10:00:00","Late","Ana","1 - Critical","In Progress","Delivery late",'
        '"2026-10-02 10:00:00",""\n'
    )
    names = (
        '"number","sys_created_on","short_description","caller_id.email","priority","state","sys_updated_on",'
        '"resolved_at","close_code","reopen_count","sys_class_name"\n'
        '"RITM001","01-10-2026 10:00:00","Laptop","ana@example.fr","3","6","02-10-2026 10:00:00",'
        '"02-10-2026 09:00:00","Solved (Permanently)","1","Requested Item"\n'
    )
    (first,) = read("servicenow", "incident.csv", labels)
    assert texts(first, *BASICS) == (
        "INC0010001", "2026-10-01 08:00:00", "2026-10-02 08:00:00", None, "open", None, "urgent",
    )  # fmt: skip
    assert texts(first, "tags") == ("delivery_late",)
    (second,) = read("servicenow", "incident.csv", names)
    assert texts(second, *BASICS) == (
        "RITM001", "2026-10-01 08:00:00", "2026-10-02 08:00:00", "2026-10-02 07:00:00",
        "solved", "task", "normal",
    )  # fmt: skip
    assert texts(second, "requester_hash", "reopens") == (ANA, "1")


def test_servicenow_as_json_of_a_list_and_of_the_table_api(read: Read) -> None:
    plain = {
        "number": "INC1", "sys_created_on": "2026-10-01 10:00:00", "sys_updated_on": "2026-10-02 10:00:00",
        "state": "7", "priority": "2", "short_description": "s",
        "sys_class_name": "incident", "caller_id": "6816f79c",
    }  # fmt: skip
    both = {key: {"display_value": "shown", "value": value} for key, value in plain.items()}
    (first,) = read("servicenow", "incident.json", {"records": [plain]})
    (second,) = read("servicenow", "incident.json", {"result": [both]})
    assert texts(first, *BASICS) == (
        "INC1", "2026-10-01 10:00:00", "2026-10-02 10:00:00", None, "closed", "incident", "high",
    )  # fmt: skip
    assert texts(second, *BASICS) == texts(first, *BASICS)


def test_servicenow_tells_a_person_by_number_where_it_shows_no_name(read: Read) -> None:
    record = {"number": "INC1", "state": "2", "opened_at": "2026-10-01 10:00:00", "caller_id": "681ccaf9c0a8"}
    (by_number,) = read("servicenow", "incident.json", {"records": [record]})
    assert texts(by_number, "customer_id") == ("681ccaf9c0a8",)
    for name in ("Abel Tuter", "Abel Tuter 2", "abel.tuter", "abel2@"):
        (by_name,) = read("servicenow", "incident.json", {"records": [{**record, "caller_id": name}]})
        assert texts(by_name, "customer_id") == (None,)


def test_servicenow_cases_number_their_states_in_their_own_way(read: Read) -> None:
    csv = "number,state,opened_at\nCS1,3,2026-10-01\nCS2,10,2026-10-01\nCS3,18,2026-10-01\n"
    cases = read("servicenow_cases", "case.csv", csv)
    assert [texts(record, "status") for record in cases] == [("closed",), ("open",), ("pending",)]
    (incident, *_) = read("servicenow", "case.csv", csv)
    assert texts(incident, "status") == ("hold",)


def test_servicenow_as_a_connectors_table(read: Read) -> None:
    csv = (
        "sys_id,_fivetran_deleted,number,opened_at,sys_updated_on,state,sys_class_name,caller_id_value\n"
        "9d41,FALSE,INC1,2026-10-01 9:46:18,2026-10-02 10:00:00,6,incident,46c6f9\n"
        "9d42,TRUE,INC2,2026-10-01 09:46:18,2026-10-02 10:00:00,6,incident,46c6f9\n"
    )
    first, second = read("servicenow_tables", "task.csv", csv)
    assert texts(first, "created_at", "status", "customer_id") == (
        "2026-10-01 09:46:18",
        "solved",
        "46c6f9",
    )
    assert texts(second, "status") == ("deleted",)


# Freshdesk ----------------------------------------------------------------------------


def test_freshdesk_as_csv_of_the_ticket_list(read: Read) -> None:
    csv = (
        "Ticket ID,Subject,Status,Priority,Source,Type,Agent,Group,Created time,Due by Time,Resolved time,"
        "Closed time,Last update time,Tags,Survey results,Full name,Requester email,Contact ID\n"
        "12,Late,Waiting on Customer,Urgent,Email,Incident,Bo,Support,"
        "2026-10-01 10:00:00,,,,2026-10-02 10:00:00,"
        '"delivery_late,vip",Extremely Unhappy,Ana,ana@example.fr,\n'
        "13,How,Closed,Low,Portal,Question,Bo,Support,2026-10-01 10:00:00,,2026-10-01 11:00:00,"
        "2026-10-02 10:00:00,2026-10-02 10:00:00,,,Ana,ana@example.fr,\n"
    )
    first, second = read("freshdesk", "tickets.csv", csv)
    assert texts(first, *BASICS) == (
        "12", "2026-10-01 08:00:00", "2026-10-02 08:00:00", None, "pending", "incident", "urgent",
    )  # fmt: skip
    assert texts(first, "tags", "satisfaction", "requester_hash") == ("delivery_late,vip", "bad", ANA)
    assert texts(second, "status", "ticket_type", "solved_at") == (
        "closed",
        "question",
        "2026-10-01 09:00:00",
    )


def test_freshdesk_as_a_connectors_table(read: Read) -> None:
    csv = (
        "id,created_at,updated_at,status,priority,requester_id,spam,_fivetran_deleted,stats,requester\n"
        "7,2026-10-01 10:00:00 UTC,2026-10-02 10:00:00 UTC,4,3,43,false,false,"
        '"{""resolved_at"":""2026-10-02T09:00:00Z""}","{""email"":""ana@example.fr""}"\n'
        "8,2026-10-01 10:00:00 UTC,2026-10-02 10:00:00 UTC,2,1,43,true,false,,\n"
        "9,2026-10-01 10:00:00 UTC,2026-10-02 10:00:00 UTC,2,1,43,false,true,,\n"
    )
    first, spam, deleted = read("freshdesk_tables", "ticket.csv", csv)
    assert texts(first, *BASICS[:5], "priority", "requester_hash") == (
        "7", "2026-10-01 10:00:00", "2026-10-02 10:00:00", "2026-10-02 09:00:00", "solved", "high", ANA,
    )  # fmt: skip
    assert texts(spam, "status", "customer_id") == ("deleted", "43")
    assert texts(deleted, "status") == ("deleted",)


def test_freshdesks_older_survey_counts_from_happy_to_unhappy(read: Read) -> None:
    ticket = {"display_id": 1, "created_at": "2026-10-01T10:00:00Z", "status": 2}
    words = {1: "good", 2: None, 3: "bad", 103: "good", 100: None, -101: "bad"}
    for rating, word in words.items():
        rated = {"helpdesk_ticket": {**ticket, "survey_results": [{"rating": rating}]}}
        (record,) = read("freshdesk", "Tickets0.json", [rated])
        assert texts(record, "satisfaction") == (word,)
    rated = {**ticket, "id": 1, "satisfaction_ratings": [{"ratings": {"default_question": -103}}]}
    (record,) = read("freshdesk", "tickets.json", [rated])
    assert texts(record, "satisfaction") == ("bad",)


def test_freshdesk_as_csv_whose_contact_is_an_address_and_whose_survey_has_seven_words(read: Read) -> None:
    csv = (
        "Ticket ID,Subject,Status,Created time,Resolved time,Last update time,Tags,Survey results,"
        "Contact ID\n"
        '7,Late,Resolved,29/01/2025 1:38,,03/02/2025 11:22,"Delivery late,vip",Slightly dissatisfied,'
        "ana@example.fr\n8,Late,At the carrier,29/01/2025 14:38,,03/02/2025 11:22,,Neutral,4300012\n"
    )
    first, second = read("freshdesk", "tickets.csv", csv)
    assert texts(first, *BASICS[:5], "tags", "satisfaction", "requester_hash", "customer_id") == (
        "7", "2025-01-29 00:38:00", "2025-02-03 10:22:00", None, "solved",
        "delivery_late,vip", "bad", ANA, None,
    )  # fmt: skip
    assert texts(second, "status", "satisfaction", "customer_id") == ("open", None, "4300012")


def test_freshdesk_as_api_json_and_as_the_accounts_full_export(read: Read) -> None:
    ticket = {
        "id": 12, "subject": "Late", "description": "<div>No</div>", "description_text": "No", "status": 4,
        "priority": 3, "type": "Feature Request", "tags": ["vip"], "spam": False, "deleted": False,
        "created_at": "2026-10-01T10:00:00Z", "updated_at": "2026-10-02T10:00:00Z",
        "stats": {"resolved_at": "2026-10-02T09:00:00Z"}, "requester": {"id": 5, "email": "ana@example.fr"},
    }  # fmt: skip
    (first,) = read("freshdesk", "tickets.json", [ticket])
    (second,) = read(
        "freshdesk", "Tickets0.json", [{"helpdesk_ticket": {**ticket, "display_id": 12, "id": 9e9}}]
    )
    assert texts(first, *BASICS) == (
        "12", "2026-10-01 10:00:00", "2026-10-02 10:00:00", "2026-10-02 09:00:00", "solved", "task", "high",
    )  # fmt: skip
    assert isinstance(first, AcceptedRecord)
    assert isinstance(second, AcceptedRecord)
    assert first.values == second.values
    (spam,) = read("freshdesk", "tickets.json", [{**ticket, "spam": True}])
    assert texts(spam, "status") == ("deleted",)


# What every profile may say -----------------------------------------------------------


def test_a_required_field_without_a_column_refuses_the_file_and_names_the_nearest(read: Read) -> None:
    with pytest.raises(FileRefusedError, match=r"no column for created_at among .*creatd looks like it"):
        read("jira", "t.csv", "Issue key,Status,Creatd\nA-1,Done,2026-10-01\n")
    with pytest.raises(FileRefusedError, match=r"by ',', this file by ';': write `csv: \{delimiter: ';'\}`"):
        read("jira", "t.csv", "Issue key;Status;Created\n")
    with pytest.raises(FileRefusedError, match="looks for issues, values, the document itself"):
        read("jira", "t.json", {"tickets": []})
    with pytest.raises(FileRefusedError, match="which its profile desk reads"):
        read(own_profile(), "t.json", [])


def test_a_column_that_is_called_like_a_path_goes_before_the_path(read: Read) -> None:
    csv = "id,created_at,status,satisfaction_rating.score\n1,2026-07-01,open,bad\n"
    (record,) = read("zendesk_tables", "t.csv", csv)
    assert texts(record, "satisfaction") == ("bad",)


def test_a_wide_header_without_a_required_column_costs_little_more_than_one_with_it(read: Read) -> None:
    wide = ",".join(f"createdx{n}" for n in range(300_000))
    begin = time.process_time()
    read("jira", "t.csv", f"Issue key,Status,Created,{wide}\n")
    between = time.process_time()
    with pytest.raises(FileRefusedError, match="createdx9 looks like it"):
        read("jira", "t.csv", f"Issue key,Status,{wide}\n")
    assert time.process_time() - between < 3 * (between - begin)


@pytest.mark.parametrize("name", ["unload.xml", "list.xlsx", "list.xls"])
def test_xml_and_workbooks_are_refused_with_what_to_do(read: Read, name: str) -> None:
    with pytest.raises(
        FileRefusedError, match="is not read: export the list as CSV or JSON and deliver that"
    ):
        read("servicenow", name, "<xml><incident><number>INC1</number></incident></xml>")


US = "Issue key,Status,Created\nA-1,Done,12/31/2026 10:00\nA-2,Done,03/04/2026 10:00\n"


def test_a_file_whose_dates_prove_the_other_order_is_refused_with_the_key_to_set(read: Read) -> None:
    with pytest.raises(
        FileRefusedError,
        match=r'read month first.*`csv: {dates: \[iso, month_name, "%Y/%m/%d %H:%M", "%m/%d/%Y %H:%M"\]}`',
    ):
        read("jira", "t.csv", US)
    first, second = read("jira_us", "t.csv", US)
    assert texts(first, "created_at") == ("2026-12-31 09:00:00",)
    assert texts(second, "created_at") == ("2026-03-04 09:00:00",)
    with pytest.raises(FileRefusedError, match="read day first, but profile jira_us"):
        read("jira_us", "t.csv", US.replace("12/31", "31/12"))


def test_the_key_to_set_reads_the_whole_file(read: Read) -> None:
    csv = US.replace("\n", ",Updated\n", 1).replace("10:00\n", "10:00,03/05/2026\n")
    with pytest.raises(FileRefusedError) as refused:
        read("jira", "t.csv", csv)
    key = refused.value.sentence.partition("`")[2].partition("`")[0]
    ours = own_profile(extends="jira", **yaml.safe_load(key))
    assert [texts(record, "updated_at") for record in read(ours, "t.csv", csv)] == [
        ("2026-03-04 23:00:00",),
        ("2026-03-04 23:00:00",),
    ]


def test_the_order_of_a_file_is_told_wherever_day_and_month_stand_in_a_date(read: Read) -> None:
    ours = own_profile(extends="jira", csv={"dates": ["%H:%M %d/%m/%Y"]})
    csv = "Issue key,Status,Created\nA-1,Done,10:00 03/04/2026\n"
    read(ours, "t.csv", csv, notes := FileNotes())
    assert any("read day first" in message for message in notes.messages)
    with pytest.raises(FileRefusedError, match=r"can only be read month first"):
        read(ours, "t.csv", csv.replace("03/04", "12/31"))


def test_both_orders_of_day_and_month_in_one_file_are_told(read: Read) -> None:
    csv = (
        "Issue key,Status,Created,Resolved\nA-1,Done,13/01/2026 10:00,01/20/2026 10:00\n"
        "A-2,Done,14/01/2026 10:00,02/03/2026 10:00\n"
    )
    records = read("jira", "t.csv", csv, notes := FileNotes())
    assert [isinstance(record, AcceptedRecord) for record in records] == [False, True]
    assert any(
        "1 dates cannot be read day first and are quarantined; 1 that could be read both ways are read day "
        "first, as profile jira says" in message
        for message in notes.messages
    )


def test_a_few_odd_dates_among_sound_ones_cost_their_records_only(read: Read) -> None:
    csv = "Issue key,Status,Created\nA-1,Done,12/31/2026\nA-2,Done,2026-12-31\n"
    records = read("jira", "t.csv", csv)
    assert [isinstance(record, AcceptedRecord) for record in records] == [False, True]
    with pytest.raises(FileRefusedError, match="2 dates can only be read month first"):
        read("jira", "t.csv", csv + "A-3,Done,12/30/2026\n")


def test_an_order_of_day_and_month_that_no_date_proves_is_told(read: Read) -> None:
    notes = FileNotes()
    (record,) = read("jira", "t.csv", "Issue key,Status,Created\nA-2,Done,03/04/2026 10:00\n", notes)
    assert texts(record, "created_at") == ("2026-04-03 08:00:00",)
    assert any("read day first, as profile jira says" in message for message in notes.messages)
    for day, is_open in {"2026-04-03": False, "12/12/2026": False, "12/05/2026": True}.items():
        text = f"Issue key,Status,Created,Updated,Reporter\nA-2,Done,{day},2026-12-12,\n"
        read("jira", "t.csv", text, notes := FileNotes())
        assert bool(notes.messages) == is_open


def test_a_vendors_number_of_a_person_tells_the_customer_too(read: Read) -> None:
    csv = "Issue key,Status,Created,Updated,Reporter Id\nA-1,Done,2026-10-01,2026-10-01,5b10\n"
    (record,) = read("jira", "t.csv", csv, notes := FileNotes())
    assert (texts(record, "customer_id"), notes.messages) == (("5b10",), [])


def test_a_date_in_no_declared_form_tells_its_form_and_not_itself(read: Read) -> None:
    (record,) = read("jira", "t.csv", "Issue key,Status,Created\nA-1,Done,5 past noon\n")
    assert isinstance(record, QuarantinedRecord)
    assert record.detail == (
        "created_at fits none of the date formats of profile jira: its form is 9 aaaa aaaa; "
        "add that to `dates`"
    )


def test_of_dates_in_ever_other_forms_only_the_first_forms_are_told(read: Read) -> None:
    rows = (f"A-{number},Done,{'.' * number}x\n" for number in range(1, 32))
    records = read("jira", "t.csv", "Issue key,Status,Created\n" + "".join([*rows, "A-0,Done,.x\n"]))
    details = [record.detail for record in records if isinstance(record, QuarantinedRecord)]
    assert len(details) == 32
    assert len(set(details)) == 21
    assert details[0] == details[-1]


def test_a_bad_record_costs_itself_and_its_value_is_not_told(read: Read) -> None:
    csv = (
        "Issue key,Status,Created\nA-1,Done,soon\nA-2,Done\n,Done,2026-10-01\nA-4,Done,1969-01-01\n"
        "A-5,Done,2026-10-01\n"
    )
    *bad, good = read("jira", "t.csv", csv)
    assert [record.reason.value for record in bad if isinstance(record, QuarantinedRecord)] == [
        "bad_value",
        "wrong_field_count",
        "missing_required",
        "event_time_out_of_range",
    ]
    assert all("soon" not in record.detail for record in bad if isinstance(record, QuarantinedRecord))
    assert texts(good, "ticket_id") == ("A-5",)


def test_a_json_that_breaks_off_keeps_the_records_before(read: Read) -> None:
    whole = json.dumps(
        [{"id": 1, "status": 1, "date": "2026-10-01"}, {"id": 2, "status": 1, "date": "2026-10-01"}]
    )
    records = read("glpi", "t.json", whole[:-8])
    assert [isinstance(record, AcceptedRecord) for record in records] == [True, False]
    assert [isinstance(record, AcceptedRecord) for record in read("glpi", "t.json", whole + "[")] == [
        True, True, False,
    ]  # fmt: skip


def test_a_companys_own_profile_maps_values_dates_zone_and_marks(read: Read) -> None:
    profile = own_profile(
        dates="%d.%m.%Y %H:%M",
        time_zone="America/Montreal",
        decimal_mark=",",
        nothing=["n.c."],
        encodings=["cp850"],
        constants={"type": "incident"},
        values={
            "status": {"été": "open"},
            "tags": {"Livraison": "delivery_late"},
            "satisfaction": {"1": "bad"},
        },
        separators={"tags": "/"},
        skip_when={"state": "test"},
        deleted_when={"gone": ["oui"]},
    )
    assert profile.csv is not None
    columns = {**profile.csv.columns, "tags": ("tags",), "satisfaction": ("note",), "customer_id": ("who",)}
    profile = replace(profile, csv=replace(profile.csv, columns=columns))
    csv = (
        "who;nr;day;state;tags;note;gone\nn.c.;1;01.10.2026 10:00;ÉTÉ;livraison/Grand compte;1,0;\n"
        "C2;2;01.10.2026 10:00;été;;;Oui\nC3;3;01.10.2026 10:00;TEST;;;\nC4;4;01.10.2026 10:00;x;;;\n"
    )
    first, second, third, fourth = read(profile, "t.csv", csv.encode("cp850"))
    assert texts(first, "created_at", "status", "ticket_type", "tags", "satisfaction", "customer_id") == (
        "2026-10-01 14:00:00", "open", "incident", "delivery_late,grand_compte", "bad", None,
    )  # fmt: skip
    assert texts(second, "status") == ("deleted",)
    assert isinstance(third, QuarantinedRecord)
    assert isinstance(fourth, QuarantinedRecord)
    assert (third.reason.value, fourth.reason.value) == ("not_a_record", "bad_value")


def test_customers_and_calls_are_mapped_the_same_way(tmp_path: Path) -> None:
    text = """
profiles:
  customers:
    crm:
      dates: "%d/%m/%Y"
      separators: {email: "|"}
      csv:
        delimiter: ","
        columns: {customer_id: Compte, email: [E-mail, E-mail 2], relationship_started_on: Depuis}
  faq:
    calls:
      dates: "%d/%m/%Y %H:%M"
      csv:
        columns: {call_id: Appel, customer_id: Client, asked_at: Le, answered: Répondu}
      values: {answered: {oui: "yes", non: "no"}}
"""
    own = reading.parse(text.encode(), "m.yml", catalogue.mappings().profiles)
    path = tmp_path / "landed"
    path.write_text("Compte,E-mail,E-mail 2,Depuis\nC1,ana@example.fr|b@c.fr,d@e.fr,01/10/2020\n")
    context = ReaderContext(settings(), b"key", tmp_path, own.profiles["customers", "crm"])
    (customer,) = reader_of("customers")(path, name="a.csv", context=context, notes=FileNotes())
    assert texts(customer, "customer_id", "relationship_started_on") == ("C1", "2020-10-01")
    assert str(texts(customer, "address_hashes")[0]).split(",")[0] == ANA
    assert str(texts(customer, "address_hashes")[0]).count(",") == 2
    path.write_text("Appel;Client;Le;Répondu\nK1;C1;01/10/2026 10:00;Non\n")
    context = replace(context, profile=own.profiles["faq", "calls"])
    (call,) = reader_of("faq")(path, name="a.csv", context=context, notes=FileNotes())
    assert texts(call, "call_id", "asked_at", "is_answered") == ("K1", "2026-10-01 08:00:00", "False")


def test_the_vendors_own_number_of_a_person_counts_only_where_nothing_else_tells_them(read: Read) -> None:
    csv = (
        "Ticket ID,Status,Created time,Unique external ID,Requester email,Contact ID\n"
        "1,Open,2026-10-01 10:00:00,,,4300012\n2,Open,2026-10-01 10:00:00,,ana@example.fr,4300012\n"
        "3,Open,2026-10-01 10:00:00,C3,,4300012\n"
    )
    records = read("freshdesk", "t.csv", csv)
    assert [texts(record, "customer_id")[0] for record in records] == ["4300012", None, "C3"]


def test_zendesks_json_is_the_contracts_own_form(read: Read) -> None:
    ticket = {"id": 7, "created_at": "2026-10-01T10:00:00Z", "status": "open", "requester_id": 9}
    users = [{"id": 9, "external_id": "C9", "email": "ana@example.fr"}]
    (record,) = read("zendesk", "t.json", {"tickets": [ticket], "users": users})
    assert texts(record, "customer_id", "requester_hash") == ("C9", ANA)


# Real exports -------------------------------------------------------------------------


SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "helpdesk"


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real exports are not on this machine")
@pytest.mark.parametrize(
    ("file", "profile", "records"),
    [
        ("zendesk/ticket_data.csv", "zendesk_tables", 10),
        ("jira/issue.csv", "jira_tables", 4),
        ("glpi_fr/glpi_fr.json", "glpi", 400),
        ("intercom/conversation_history_data.csv", "intercom_tables", 9),
    ],
)
def test_a_real_export_is_read_to_its_last_record(read: Read, file: str, profile: str, records: int) -> None:
    path = SHARED / file
    found = read(profile, path.name, path.read_bytes())
    assert len(found) == records
    assert all(isinstance(record, AcceptedRecord) for record in found)
