package import Komoku
internal import NIOCore

/// What one client, and all of them, may cost.
package struct ServerLimits: Hashable, Sendable {
    /// Connections that are open at the same time.
    package var connections = 4096
    /// Of these from one address.
    package var connectionsOfAddress = 512
    /// Of these, connections that have not asked for a session.
    package var halfOpen = 256
    /// Connections from this machine that are let in beyond that, and how long one may stay where others wait.
    package var guests = 16
    package var guestTime = Duration.seconds(2)
    /// Bytes of one message, fragments joined.
    package var messageBytes = 1 << 20
    package var pingInterval = Duration.seconds(2)
    /// A peer from which no frame came for so long is gone.
    package var silence = Duration.seconds(10)
    /// How long a WebSocket may be open before it is said who is at its other end.
    package var introduction = Duration.seconds(30)
    /// How long a plain HTTP connection may take for its next request.
    package var request = Duration.seconds(10)
    /// How long one may stay between two requests.
    package var idle = Duration.seconds(60)
    /// How long a peer may take nothing of an answer.
    package var stall = Duration.seconds(60)
    /// How long a peer has to read why it is being closed.
    package var closing = Duration.seconds(2)
    /// Bytes of replies that a peer does not read before it is closed.
    package var unreadBytes = 16 << 20
    /// Bytes of answers that are being made or not read yet, of all connections; beyond, questions are refused.
    package var answerBytes = 256 << 20
    /// Bytes of bodies of HTTP that are not dealt with, of all connections.
    package var bodyBytes = 64 << 20
    /// Bytes and number of frames whose replies are not ready; beyond, reading pauses.
    package var unansweredBytes = 4 << 20
    package var unansweredFrames = 8192

    /// How often the files of certificates are looked at: one that has changed is taken at the second look.
    package var certificateCheck = Duration.seconds(2)

    package init() {}
}

extension TimeAmount {
    init(_ duration: Komoku.Duration) {
        self = .microseconds(duration.microseconds)
    }
}
