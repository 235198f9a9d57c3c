internal import ArgumentParser
internal import Komoku
internal import KomokuClient
internal import KomokuWire

struct CellsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cells", abstract: "List stored states of the hub; revive one that failed, or forget it.",
        discussion: """
            A cell is a state that survives a restart: a notification on its way, a state of a plugin. Waiting runs of rules \
            are listed by 'komoku runs', pending 'for:' by 'komoku rules NAME'.
            """,
        subcommands: [
            ListCellsCommand.self, ShowCellCommand.self, ReviveCellCommand.self, ForgetCellCommand.self,
            FailCellCommand.self,
        ],
        defaultSubcommand: ListCellsCommand.self)
}

struct ListCellsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Count the cells and list those that failed; of one kind list all.")

    @Argument(help: "The kind of cell, such as 'notification'.")
    var behaviour: String?

    @OptionGroup var hub: HubOptions

    func run() async throws {
        try await hub.withClient { client in
            var page = try await client.cells(behaviour)
            while let behaviour, let next = page.next {
                let more = try await client.cells(behaviour, after: next)
                (page.cells, page.next) = (page.cells + more.cells, more.next)
            }
            if hub.json { return Terminal.say(page.json.text) }
            let shown = CellsShown(now: LocalTime.now)
            if behaviour == nil {
                guard !page.behaviours.isEmpty else { return Terminal.complain("no cells") }
                Terminal.say(table: shown.counts(page.behaviours, on: .standard))
                if !page.cells.isEmpty { Terminal.say("") }
            }
            if !page.cells.isEmpty { Terminal.say(table: shown.cells(page.cells, on: .standard)) }
            if page.next != nil { Terminal.complain("more have failed; 'komoku cells KIND' lists all of a kind") }
        }
    }
}

/// Which cell is meant.
struct CellArguments: ParsableArguments {
    @Argument(help: "The kind of cell, such as 'notification'.")
    var behaviour: String

    @Argument(help: "Its id, as the list shows it.")
    var id: String
}

struct ShowCellCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show one cell and its data.")

    @OptionGroup var cell: CellArguments
    @OptionGroup var hub: HubOptions

    func run() async throws {
        try await hub.withClient { client in
            guard let report = try await client.cells(cell.behaviour, id: cell.id).cells.first else { return }
            if hub.json { return Terminal.say(report.json.text) }
            Terminal.say(lines: CellsShown(now: LocalTime.now).lines(of: report, on: .standard))
        }
    }
}

struct ReviveCellCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revive", abstract: "Let a cell that failed continue with the data it has.")

    @OptionGroup var cell: CellArguments
    @OptionGroup var hub: HubOptions

    func run() async throws {
        try await hub.withClient { client in
            try await client.reviveCell(cell.behaviour, cell.id)
            if hub.json { Terminal.say(cell.answer(of: "revive").text) }
        }
    }
}

struct ForgetCellCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "forget", abstract: "Delete a cell.")

    @OptionGroup var cell: CellArguments
    @OptionGroup var hub: HubOptions

    func run() async throws {
        try await hub.withClient { client in
            try await client.forgetCell(cell.behaviour, cell.id)
            if hub.json { Terminal.say(cell.answer(of: "forget").text) }
        }
    }
}

struct FailCellCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fail", abstract: "Stop a cell until it is revived; it keeps its data.")

    @OptionGroup var cell: CellArguments

    @Option(help: "Why; shown wherever the cell is listed.")
    var reason: String?

    @OptionGroup var hub: HubOptions

    func run() async throws {
        try await hub.withClient { client in
            try await client.failCell(cell.behaviour, cell.id, reason: reason)
            if hub.json { Terminal.say(cell.answer(of: "fail").text) }
        }
    }
}

extension CellArguments {
    fileprivate func answer(of deed: String) -> JSON {
        ["behaviour": .string(behaviour), "id": .string(id), "do": .string(deed)]
    }
}
