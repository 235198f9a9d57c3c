package import Komoku
package import KomokuHub
package import KomokuStore
internal import KomokuSystem
package import Logging

/// Takes the broker's messages and hands them on as observations; acknowledges them once they are committed.
///
/// Runs on a thread of its own, so that looking up a host or connecting holds nobody up. See `InboxLoop`.
package final class Inbox: Sendable {
    package struct Configuration: Sendable {
        package var broker: Broker
        package var mappings: MappingSet
        /// How long a message may stay unacknowledged before a commit is asked for.
        package var commitInterval: Duration = .seconds(5)
        /// At so many unacknowledged messages a commit is asked for at once.
        package var unacknowledgedLimit = 4096
        /// After so long without a commit the connection is dropped; the broker sends again.
        package var commitPatience: Duration = .seconds(45)

        package var subscriptionMemory: SubscriptionMemory?
        /// The messages of the broker's session that are stored and not acknowledged.
        package var receipts: [Receipt] = []
        /// Called at the first connection, and when the broker has lost its memory: what it retained may be old or gone.
        package var stateWanted: (@Sendable () -> Void)?

        /// Called on the Inbox's thread when the broker came, before anything of it is handed over, and when it went.
        package var connectionChanged: (@Sendable (_ isThere: Bool) -> Void)?

        package var devices = Devices()

        package init(broker: Broker, mappings: MappingSet) {
            self.broker = broker
            self.mappings = mappings
        }
    }

    /// What the Inbox knows of devices.
    package struct Devices: Sendable {
        /// Makes every source anew; called on the Inbox's thread.
        package var sources: @Sendable () -> [any DeviceSource] = { [] }
        /// Where the commands of devices are kept.
        package var commands: DeviceCommands?
        package var limits = DeviceLimits()
        /// Asks for the discovery messages that the hub remembers. Nil is none.
        package var remembered: (@Sendable (_ then: @escaping @Sendable (Discoveries) -> Void) -> Void)?
        /// Sends what devices are asked; called on the Inbox's thread.
        package var publish: @Sendable (Publication) -> Void = { _ in }

        package init() {}
    }

    package typealias Discoveries = [(topic: String, payload: [UInt8])]

    /// What happened since the start.
    package struct Counters: Hashable, Sendable {
        package var isConnected = false
        /// Why not; nil while it is, and while it is being tried for the first time.
        package var fault: String?
        /// 5 or 3 (for 3.1.1); 0 before the first connection.
        package var protocolVersion = 0
        package var received = 0
        /// Topics that nothing maps.
        package var unmapped = 0
        /// Sent again by the broker, though they were taken already.
        package var duplicates = 0
        package var acknowledged = 0
        /// Acknowledged though they could not be stored.
        package var unstored = 0
        /// Taken, and waiting for a commit.
        package var unacknowledged = 0
        package var deadLetters = 0
        /// Larger than `mqtt.max_message`.
        package var tooLarge = 0
        /// How often reading stopped, because the hub had too much to do.
        package var pauses = 0
        /// Messages that say a time of measurement that is not believed: their arrival counts.
        package var doubtedTimes = 0
        package var reconnects = 0
        /// Replayed commands, which are not carried out.
        package var ignoredCommands = 0
        /// Everything that is wanted was asked for, and the broker has answered.
        package var isSettled = false
        /// Messages that wait for a discovery to explain them, and those that there was no room for.
        package var held = 0
        package var notHeld = 0
    }

    private let configuration: Configuration
    private let sink: any ObservationSink
    private let clock: any HubClock
    private let logger: Logger
    private let shared = InboxShared()
    private let thread = WorkerThread(name: "komoku-inbox")

    package init(
        _ configuration: Configuration, sink: any ObservationSink, clock: any HubClock = SystemClock(), logger: Logger
    ) {
        self.configuration = configuration
        self.sink = sink
        self.clock = clock
        self.logger = logger
    }

    package func start() {
        do throws(SystemError) {
            try thread.start { [configuration, sink, clock, logger, shared] in
                var loop = InboxLoop(configuration, sink: sink, clock: clock, shared: shared, logger: logger)
                loop.run()
            }
        } catch {
            logger.critical("messages are not taken", metadata: ["error": "\(error)"])
        }
    }

    /// Uses other mappings from now on; the connection stays.
    ///
    /// - Parameter devices: other sources of devices; nil leaves them as they are.
    package func reload(_ mappings: MappingSet, devices: Devices? = nil) {
        shared.set(mappings, devices)
    }

    /// Commits what was taken, acknowledges it, and disconnects; the broker keeps the session. Blocks for that.
    package func stop() {
        shared.stop()
        if !thread.waitForEnd(seconds: 15) { logger.warning("the broker's host does not answer; not waiting for it") }
    }

    package var counters: Counters { shared.counters }
}
