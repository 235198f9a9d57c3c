internal import Komoku
internal import KomokuSystem

/// The units of systemd that failed, as `systemctl` lists them.
final class FailedUnits: Sendable {
    private enum Round {
        case none, underWay
        case ended([HostReading]?)
    }

    private let round = Monitor(Round.none)
    private let programs = ProgramRunner(inherited: [:], name: "units")
    private static let words = [
        "systemctl", "list-units", "--state=failed", "--plain", "--no-legend", "--no-pager", "--full",
    ]

    /// - Parameter limit: how long it is waited for. What takes longer is told the next time.
    /// - Returns: nil where systemd cannot be asked; empty where there is none, or no answer yet.
    func readings(_ files: HostFiles, within limit: Duration) -> [HostReading]? {
        // As sd_booted(3) looks.
        guard files.isThisMachine, files.exists("run/systemd/system") else { return [] }
        let isFree = round.withLock { round in
            guard case .none = round else { return false }
            round = .underWay
            return true
        }
        if isFree { ask() }
        let end = Moment.now + limit
        return round.wait { round in
            if case .ended(let readings) = round {
                // Also that of a call for which nobody waited so long.
                round = .none
                return .result(readings)
            }
            return isFree && Moment.now < end ? .until(end) : .result([])
        }
    }

    private func ask() {
        let job = ProgramJob(words: Self.words, environment: programs.environment(), timeout: .seconds(10))
        _ = programs.run(job) { [round] result in
            let readings = (try? result.get()).flatMap { result in
                result.status == 0 ? Self.readings(of: result.output.text) : nil
            }
            round.withLock { $0 = .ended(readings) }
            round.signal()
        }
    }

    /// Of lines such as `smartd.service loaded failed failed Self Monitoring…`.
    static func readings(of text: String) -> [HostReading] {
        let names = text.split(separator: "\n").compactMap { $0.words.first }.filter { $0.contains(".") }
        return [
            .number("units.failed", Double(names.count)),
            .text("units.failed_names", String(names.sorted().joined(separator: " ").prefix(250))),
        ]
    }
}
