// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title The committees of a hub and how one follows the other: the specification
/// @notice Part of IPriceFeeds. A committee is named by the one in office, with its signature, or
/// by the owner after a delay (protocol §11.2). Times are in seconds where a name says nothing
/// else.
interface ICommittees {
    /// @notice One committee: its key and the clock of its rounds (protocol §3, §11.2).
    /// @param digest committeeDigest: keccak256 of the committee's canonical parameters
    /// @param publicKeyX Abscissa of the group's public key, 0 < x < N (the order of the group)
    /// @param publicKeyParity 0 when the ordinate is even, 1 when it is odd
    /// @param activeFromMs First report time of this committee, in milliseconds
    /// @param genesisMs Opening of round 0, in milliseconds
    /// @param roundMs Distance between the openings of two rounds, in milliseconds
    /// @param includeMs End of the window for observations of a round, in milliseconds
    /// @param skewMs Largest difference between two honest clocks, in milliseconds
    struct Committee {
        bytes32 digest;
        uint256 publicKeyX;
        uint8 publicKeyParity;
        uint48 activeFromMs;
        uint48 genesisMs;
        uint16 roundMs;
        uint16 includeMs;
        uint16 skewMs;
    }

    /// @notice Who named the next committee: the one in office, or the owner.
    enum HandoverSource {
        COMMITTEE,
        OWNER
    }

    /// @notice A committee that was announced.
    /// @param next The committee
    /// @param epoch The number it will have; an announcement for another number is void
    /// @param readyAt From when on it can be activated, in seconds
    struct Handover {
        Committee next;
        uint32 epoch;
        uint48 readyAt;
    }

    /// @notice A committee was named as the next.
    event HandoverAnnounced(
        uint256 indexed epoch, HandoverSource indexed source, Committee next, uint256 readyAt
    );

    /// @notice The owner took its proposal back, or left its place while one stood that no other
    /// committee had outrun.
    event HandoverWithdrawn(uint256 indexed epoch);

    /// @notice The owner offered its place; nothing changes until it is taken.
    event OwnershipOffered(address indexed to);

    /// @notice The owner changed.
    event OwnershipTaken(address indexed owner);

    /// @notice A committee's key verifies from now on.
    event CommitteeActivated(uint256 indexed epoch, Committee committee);

    /// @notice A public key that no signature can verify under.
    error PublicKeyInvalid(uint256 x, uint256 parity);
    /// @notice The signature is not the committee's over this report.
    error SignatureInvalid();
    /// @notice The calldata is shorter or longer than its content says.
    error LengthMismatch(uint256 given, uint256 expected);
    /// @notice The window for observations and the skew do not fit into a round. In milliseconds.
    error ClockInvalid(uint256 roundMs, uint256 includeMs, uint256 skewMs);
    /// @notice A round would begin before time did, or a committee before its first round.
    error GenesisInvalid(uint256 givenMs, uint256 limitMs);
    /// @notice A parameter of the deployment is beyond its limit.
    error ParameterOutOfRange(uint256 given, uint256 limit);
    /// @notice Only the owner, or the one it offered its place to, may do this.
    error NotOwner(address given);
    /// @notice Nobody announced the committee with this number, or another came first.
    error HandoverMissing(uint256 epoch);
    /// @notice The announced committee cannot take office yet. In seconds.
    error HandoverTooEarly(uint256 given, uint256 limit);
    /// @notice Nobody activated the owner's proposal within two weeks; it must be made again. In
    /// seconds.
    error HandoverTooLate(uint256 given, uint256 limit);
    /// @notice A committee may not begin before the one that it follows, nor the owner's before its
    /// delay is over. In milliseconds.
    error ActiveFromTooEarly(uint256 givenMs, uint256 limitMs);
    /// @notice A committee is announced too far ahead. In milliseconds.
    error ActiveFromTooLate(uint256 givenMs, uint256 limitMs);
    /// @notice With another clock, the first round must lie beyond the last of the committee
    /// before; of the owner's, which begins with the activation, as of that moment.
    error RoundsNotRising(uint256 first, uint256 last);
    /// @notice The committee would begin so near to the last round of all that none could follow.
    error RoundsTooFar(uint256 first, uint256 limit);
    /// @notice There is no previous committee, or the overlap with it is over; where the owner
    /// named its successor there is none for what is to be stored. In seconds.
    error CommitteeExpired(uint256 given, uint256 limit);
    /// @notice The committee in office has reported this feed already.
    error CommitteeSuperseded(uint256 feed);

    /// @notice The committee of an epoch; the first has epoch 1.
    function committee(uint256 epoch) external view returns (Committee memory);

    /// @notice Epoch of the committee in office.
    function epoch() external view returns (uint256);

    /// @notice Announces the next committee, signed by the one in office.
    /// @param next The next committee
    /// @param signature R.x, R.y and z over `handoverMessage`, 96 bytes
    function handOver(Committee calldata next, bytes calldata signature) external;

    /// @notice Announces the next committee for the owner; it waits for `ownerDelaySeconds`, begins
    /// no sooner, and is void two weeks after it could take office. It begins when it is activated:
    /// `activeFromMs` says from when on that can be.
    function proposeCommittee(Committee calldata next) external;

    /// @notice Takes the owner's proposal back; does nothing where there is none.
    function withdrawProposal() external;

    /// @notice Puts an announced committee into office, once its time has come; anyone may. The
    /// owner's no later than two weeks after that: its `activeFromMs` is that of the block then,
    /// and reports of the committee before are stored no more.
    function activate(HandoverSource source) external;

    /// @notice What a committee signs to hand over to the next, whose number is `number`.
    function handoverMessage(uint256 number, Committee calldata next)
        external
        pure
        returns (bytes32);

    /// @notice The announced committee of a source; with epoch 0 there is none.
    function handover(HandoverSource source) external view returns (Handover memory);

    /// @notice How long a proposal of the owner waits.
    function ownerDelaySeconds() external view returns (uint256);

    /// @notice The owner, and to whom it offered its place.
    function owner() external view returns (address current, address offeredTo);

    /// @notice Offers the owner's place; zero takes the offer back.
    function offerOwnership(address next) external;

    /// @notice Takes the place that was offered; a proposal of the owner before is void.
    function takeOwnership() external;
}
